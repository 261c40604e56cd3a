// Parquet to JSON lines, row group by row group: node parquet2jsonl.mjs FILE.parquet [COLUMN...] >FILE.jsonl
// Needs: npm install hyparquet hyparquet-compressors, here or beside this file. Nothing is lost on the way: 64-bit integers
// keep all digits, timestamps become ISO 8601 in UTC with all of theirs, NaN and infinities become null. Refuses: bytes
// that are not UTF-8 (leave the column out by naming the others), columns that the file has not.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { once } from 'node:events'

const ROWS = 2000 // lines that are joined before they are written
const LARGEST = 2n ** 63n - 1n // of the integers that readers of JSON keep; larger ones become strings

function fail(message) {
  process.stderr.write(`parquet2jsonl: ${message}\n`)
  process.exit(1)
}

// From the working folder, or else from this file's.
async function load(name) {
  try {
    return await import(pathToFileURL(createRequire(join(process.cwd(), 'here.cjs')).resolve(name)))
  } catch {
    return await import(name).catch(() => fail(`cannot find ${name}: run npm install hyparquet hyparquet-compressors`))
  }
}

// units: bigint since 1970, 10^digits of them in a second.
function iso(units, digits) {
  const perSecond = 10n ** BigInt(digits)
  const part = ((units % perSecond) + perSecond) % perSecond
  const second = new Date(Number((units - part) / perSecond) * 1000).toISOString().slice(0, -5)
  return part ? `${second}.${String(part).padStart(digits, '0')}Z` : `${second}Z`
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const text = bytes => bytes && utf8.decode(bytes)
const given = f => v => (v === undefined || v === null ? undefined : f(v))
const parsers = {
  timestampFromMilliseconds: given(v => iso(BigInt(v), 3)),
  timestampFromMicroseconds: given(v => iso(BigInt(v), 6)),
  timestampFromNanoseconds: given(v => iso(BigInt(v), 9)),
  dateFromDays: given(v => new Date(v * 86400000).toISOString().slice(0, 10)),
  stringFromBytes: text,
  jsonFromBytes: text,
}

function json(value) {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'bigint') return value > LARGEST || value < -LARGEST - 1n ? `"${value}"` : String(value)
  if (value instanceof Uint8Array) throw new Error('found bytes, expected text')
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value, json).join(',')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${json(v)}`).join(',')}}`
  return JSON.stringify(value)
}

const [path, ...columns] = process.argv.slice(2)
if (!path || path.startsWith('-')) fail('usage: node parquet2jsonl.mjs FILE.parquet [COLUMN...] >FILE.jsonl')
const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await load('hyparquet')
const { compressors } = await load('hyparquet-compressors')
process.stdout.on('error', e => process.exit(e.code === 'EPIPE' ? 1 : fail(e.message)))

try {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const has = parquetSchema(metadata).children.map(c => c.element.name)
  const unknown = columns.find(c => !has.includes(c))
  if (unknown !== undefined) throw new Error(`found no column "${unknown}", expected some of ${has.join(', ')}`)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = await parquetReadObjects({
      file, metadata, compressors, parsers, rowStart, rowEnd, ...(columns.length ? { columns } : {}),
    })
    for (let i = 0; i < rows.length; i += ROWS) {
      const lines = rows.slice(i, i + ROWS).map(row => `${json(row)}\n`).join('')
      if (!process.stdout.write(lines)) await once(process.stdout, 'drain')
    }
    rowStart = rowEnd
  }
} catch (e) {
  fail(`${path}: ${e.message}${e.code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? ': bytes that are no text; name the columns that you need' : ''}`)
}
