import { QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { commandOut } from '../../../tests/support/vehicles'
import { ApiContext, createApi } from '@/api/client'
import { createQueryClient } from '@/api/query-client'
import type { SessionStore } from '@/session/session-store'
import { useSending } from './use-sending'

test('what has arrived is not sent again by a late press, though the next page is still loading; a change makes a new order', async () => {
  const keys: (string | null)[] = []
  const session = { freshToken: () => Promise.resolve('token') } as unknown as SessionStore
  const api = createApi(session, (request) => {
    keys.push((request as Request).headers.get('Idempotency-Key'))
    return Promise.resolve(Response.json(commandOut('33333333-3333-4333-8333-333333333333', 'v')))
  })
  const queries = createQueryClient()
  const wrapper = ({ children }: { readonly children: ReactNode }) => (
    <ApiContext value={api}><QueryClientProvider client={queries}>{children}</QueryClientProvider></ApiContext>
  )
  const { result } = renderHook(() => useSending(), { wrapper })
  const order = { command_name: 'ReadDTC', command_params: {} }
  const send = () => act(() => result.current.send(order, ['v']))
  expect(await send()).toHaveLength(1)
  expect(await send()).toBeNull()
  expect(keys).toHaveLength(1)
  act(() => result.current.reset())
  expect(await send()).toHaveLength(1)
  expect(new Set(keys).size).toBe(2)
})
