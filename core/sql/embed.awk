# DDL files in, a C table of their texts out.
BEGIN { print "extern const char *const rf_ddl[];\nconst char *const rf_ddl[] = {" }
FNR == 1 && NR > 1 { print "," }
{ s = $0; gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); print "\"" s "\\n\"" }
END { print ", 0 };" }
