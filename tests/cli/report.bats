# One page of evidence: whole, well-formed whatever the names are, and quiet in a browser.

setup() {
    export PYTHONPATH="$BATS_TEST_DIRNAME"
    cd "$BATS_TEST_TMPDIR"
    unset ROUTEFIT_DB
    python3 - <<'END'
import csv, json, random, struct
random.seed(4)
from tensors import tensors
def router(path, sign):
    tensors(path, {"routefit.kind": "logistic", "routefit.input": "text", "routefit.features": "rf-text-1"},
            weight=([256], 256 * [0]), shape_weight=([8], [sign] + 7 * [0]), bias=([1], [-3 * sign]))
router("long.safetensors", 1)
router("short <b>`id`<b>.safetensors", -1)
hostile = {"strong": "big</title><script>alert(1)</script>`touch pwned`\n\x1b[31m\u202egib'\"&", "weak": "w" * 10000}
with open("quiz.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["prompt", "task", "model", "score", "cost"])
    for n in range(200):
        text = "".join(random.choice("ab") for _ in range(1 + n % 50)) + " %d" % n
        task = "easy" if n % 50 < 25 else "<i>hard\u202e"
        w.writerow([text, task, hostile["strong"], int(n % 10 < 9), .01])
        w.writerow([text, task, hostile["weak"], int(n % 10 < 9 and (n % 50 < 25 or n % 3 == 0)), .001])
END
    "$ROUTEFIT" -q ingest --bench quiz quiz.csv >/dev/null
    bench=$(sqlite3 routefit.db 'SELECT DISTINCT bench FROM item')
    "$ROUTEFIT" -q report page.html --bench "$bench" --resamples 200 long.safetensors "short <b>\`id\`<b>.safetensors"
}

@test "report: every part is there and the page is well-formed, whatever the names" {
    [ ! -e pwned ]
    python3 - <<'END'
import html.parser
page = open("page.html", encoding="utf-8").read()
void = {"meta", "br", "link"}
class Check(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.ids = [], {}, []
    def handle_starttag(self, tag, attrs):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.ids += [v for k, v in attrs if k == "id"]
        assert not any(k.startswith("on") for k, _ in attrs), attrs
        assert not any(k in ("src", "href") for k, _ in attrs), attrs
        if tag == "tr" and self.open[-1] == "tr":  # HTML lets the end of a row be understood
            self.open.pop()
        if tag not in void:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        if tag == "tbody" and self.open[-1] == "tr":
            self.open.pop()
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
c = Check()
c.feed(page)
c.close()
assert not c.open, c.open
assert c.seen["script"] == 1 and c.seen["style"] == 1 and c.seen["svg"] == 2, c.seen
assert "b" not in c.seen and "i" not in c.seen, c.seen
for part in ["metrics", "verdicts", "reliability", "costs", "tasks", "routers"]:
    assert part in c.ids, part
assert "\x1b" not in page and "\u202e" not in page
assert "w" * 300 not in page
assert "http:" not in page and "https:" not in page
assert "&lt;i&gt;hard?" in page
END
    [ "$(sqlite3 routefit.db "SELECT count(*) FROM run WHERE command = 'report' AND status = 'done'")" -eq 1 ]
    [[ "$("$ROUTEFIT" runs verify 1 --format csv)" != *,no* ]]
    run "$ROUTEFIT" report page.html --bench "$bench" long.safetensors
    [ "$status" -eq 2 ]
    [[ "$output" == *--force* ]]
}

@test "report: a browser has nothing to say, sorts by a click, and shows it on a phone" {
    chromium=$(command -v chromium || command -v chromium-browser) || skip "no chromium here (apt-get install chromium)"
    { cat page.html; echo '<script>document.querySelector("#metrics th").click();document.title="sorted "+document.querySelector("#metrics td").textContent+" wide "+(document.documentElement.scrollWidth<=innerWidth)</script>'; } >click.html
    timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --window-size=400,800 --enable-logging=stderr --v=0 \
        --dump-dom "file://$PWD/click.html" >dom.html 2>log.txt
    ! grep -i 'CONSOLE' log.txt
    grep -q '<title>sorted .* wide true</title>' dom.html
}
