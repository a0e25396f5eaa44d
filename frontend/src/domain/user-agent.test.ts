import { expect, it } from 'vitest'
import { userAgentWords } from './user-agent'

it.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 on Windows'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'Chrome 140 on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge 140 on Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15', 'Safari 17 on macOS'],
  ['curl/7.88.1', 'curl/7.88.1'],
])('knows %s', (userAgent, words) => {
  expect(userAgentWords(userAgent)).toBe(words)
})

it('says so where nothing is known, and stays short', () => {
  expect(userAgentWords(null)).toBe('Unknown program')
  expect(userAgentWords('x'.repeat(300))).toHaveLength(61)
})
