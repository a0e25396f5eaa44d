/** Bytes as people read them: sixteen in a row, with the offset and the printable characters. */

export interface HexRow {
  /** `0000`, `0010`, … */
  readonly offset: string
  readonly bytes: readonly string[]
  readonly text: string
}

const ROW = 16

/** Whether it is an even number of hexadecimal digits, nothing else. */
export function isHex(text: string): boolean {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)
}

export function hexRows(hex: string): HexRow[] {
  const bytes = hex.match(/../g) ?? []
  const rows: HexRow[] = []
  for (let start = 0; start < bytes.length; start += ROW) {
    const row = bytes.slice(start, start + ROW)
    rows.push({
      offset: start.toString(16).toUpperCase().padStart(4, '0'),
      bytes: row.map((byte) => byte.toUpperCase()),
      text: row.map(printable).join(''),
    })
  }
  return rows
}

function printable(byte: string): string {
  const code = Number.parseInt(byte, 16)
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·'
}

export interface FoundBytes {
  /** Where in the payload: `raw`, `dtcs / 1 / raw`. */
  readonly path: string
  readonly hex: string
}

/** Every `raw` of a payload, however deep. */
export function bytesOf(payload: unknown, path: readonly string[] = []): FoundBytes[] {
  if (typeof payload !== 'object' || payload === null) return []
  return Object.entries(payload).flatMap(([key, value]: [string, unknown]) => {
    const place = [...path, Array.isArray(payload) ? String(Number(key) + 1) : key]
    if (key === 'raw' && typeof value === 'string' && isHex(value)) return [{ path: place.join(' / '), hex: value }]
    return bytesOf(value, place)
  })
}
