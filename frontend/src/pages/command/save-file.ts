/** Hands a file to the browser's downloads. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The download has begun when the click returns in every browser but the oldest; a second is plenty.
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
