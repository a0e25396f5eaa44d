// After `vite build`: weighs what a visitor loads against the budgets, then precompresses the files.
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const INITIAL_LIMIT = 200_000
const PAGE_LIMIT = 120_000
const output = fileURLToPath(new URL('../../backend/app/page_files/', import.meta.url))
const compressible = /\.(js|css|html|svg|json|txt)$/

const manifest = JSON.parse(await readFile(join(output, '.vite/manifest.json'), 'utf8'))
const zipped = async (file) => gzipSync(await readFile(join(output, file)), { level: 9 }).length

/** All script chunks that `key` loads at once, itself included. */
function staticChunks(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) staticChunks(next, seen)
  return seen
}

async function weight(keys) {
  let sum = 0
  for (const key of keys) sum += await zipped(manifest[key].file)
  return sum
}

async function budgets() {
  const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
  const initial = staticChunks(entry)
  const rows = [{ what: 'initial', bytes: await weight(initial), limit: INITIAL_LIMIT }]
  for (const key of Object.keys(manifest)) {
    if (!manifest[key].isDynamicEntry || initial.has(key)) continue
    const own = [...staticChunks(key)].filter((chunk) => !initial.has(chunk))
    rows.push({ what: key.replace('src/', ''), bytes: await weight(own), limit: PAGE_LIMIT })
  }
  return rows
}

async function compressAll() {
  for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !compressible.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }
    await writeFile(`${path}.br`, brotliCompressSync(bytes, brotli))
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
}

const html = await readFile(join(output, 'index.html'), 'utf8')
if (/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=/i.test(html)) {
  throw new Error('index.html has inline code; the content security policy refuses it')
}
const rows = await budgets()
for (const { what, bytes, limit } of rows) {
  const verdict = bytes <= limit ? 'ok      ' : 'TOO BIG '
  console.log(`${verdict} ${(bytes / 1000).toFixed(1).padStart(6)} of ${limit / 1000} kB gzip  ${what}`)
}
await writeFile(new URL('../build-report.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`)
await rm(join(output, '.vite'), { recursive: true, force: true })
await compressAll()
await writeFile(join(output, '.gitignore'), '*\n')
if (rows.some(({ bytes, limit }) => bytes > limit)) process.exitCode = 1
