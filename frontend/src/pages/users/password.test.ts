import { expect, it } from 'vitest'
import { newPassword } from './password'

it('is long, readable, and never the same', () => {
  const made = Array.from({ length: 200 }, newPassword)
  for (const password of made) expect(password).toMatch(/^([A-HJ-NP-Z2-9]{4}-){4}[A-HJ-NP-Z2-9]{4}$/)
  expect(new Set(made).size).toBe(200)
})
