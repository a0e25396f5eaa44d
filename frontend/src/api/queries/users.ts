import { queryOptions } from '@tanstack/react-query'
import type { components } from '@/contracts/openapi'
import { answer, type Api } from '../client'

export type Account = components['schemas']['UserOut']
export type NewAccount = components['schemas']['CreateUserRequest']
export type AccountChange = components['schemas']['UpdateUserRequest']

export const userKeys = {
  all: ['users'] as const,
  names: (userIds: readonly string[]) => ['user-names', ...userIds] as const,
  sessions: (userId: string) => ['user-sessions', userId] as const,
}

const PART = 200

/** Every account, by name; for administrators only (others get ApiProblem with 403). */
export const everyUserQuery = (api: Api) =>
  queryOptions({
    queryKey: userKeys.all,
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<Account[]> => {
      const accounts: Account[] = []
      for (;;) {
        const query = { limit: PART, offset: accounts.length }
        const { items, total } = await answer(api.GET('/api/v1/users', { params: { query }, signal }))
        accounts.push(...items)
        if (items.length === 0 || accounts.length >= total) return accounts
      }
    },
  })

export function createUser(api: Api, account: NewAccount): Promise<Account> {
  return answer(api.POST('/api/v1/users', { body: account }))
}

/** What is left out stays. Switching off, and a new password, end the account's sessions. */
export function changeUser(api: Api, userId: string, change: AccountChange): Promise<Account> {
  return answer(api.PATCH('/api/v1/users/{user_id}', { params: { path: { user_id: userId } }, body: change }))
}

/** As many as one call tells. */
export const MOST_NAMES = 100

/** Who is behind these ids, for every role. Ids that nobody has are missing in the answer. */
export const userNamesQuery = (api: Api, userIds: readonly string[]) =>
  queryOptions({
    queryKey: userKeys.names(userIds),
    staleTime: 5 * 60_000,
    queryFn: async ({ signal }) =>
      (await answer(api.GET('/api/v1/users/names', { params: { query: { user_id: [...userIds] } }, signal }))).items,
  })

/** Where an account is signed in, the last used first; for administrators only. */
export const userSessionsQuery = (api: Api, userId: string) =>
  queryOptions({
    queryKey: userKeys.sessions(userId),
    queryFn: async ({ signal }) =>
      (await answer(api.GET('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: userId } }, signal }))).items,
  })

export async function endUserSession(api: Api, userId: string, sessionId: string): Promise<void> {
  const path = { user_id: userId, session_id: sessionId }
  await answer(api.DELETE('/api/v1/users/{user_id}/sessions/{session_id}', { params: { path } }))
}
