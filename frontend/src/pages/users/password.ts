/** Without letters and digits that look alike. 32 of them: one of five random bits each, none more likely than another. */
const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A password of 100 random bits that can be read out on the telephone: `K7QF-2MXB-…`. */
export function newPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  const text = Array.from(bytes, (byte) => letters.charAt(byte & 31)).join('')
  return text.match(/.{4}/g)?.join('-') ?? text
}
