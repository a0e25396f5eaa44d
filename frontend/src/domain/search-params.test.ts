import { expect, it } from 'vitest'
import { auditSearch, compareSearch, historySearch } from './search-params'

const ID = '00000000-0000-4000-8000-000000000001'

it('lets wrong values of an address fall away, so that the server is not asked for them', () => {
  expect(historySearch({ vehicle: 'golf', user: '1', since: 'yesterday', until: '2026-01-01', status: 'lost', page: -1 })).toEqual({})
  expect(compareSearch({ left: 'a', right: ID })).toEqual({ right: ID })
  expect(auditSearch({ since: '2026-01-01T00:00:00', actor: 'root' })).toEqual({ actor: 'root' })
})

it('keeps right ones', () => {
  const kept = { vehicle: ID, user: ID, since: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00+01:00', status: 'failed', page: 2 }
  expect(historySearch(kept)).toEqual(kept)
})
