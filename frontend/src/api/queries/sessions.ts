import { queryOptions } from '@tanstack/react-query'
import type { components } from '@/contracts/openapi'
import { answer, type Api } from '../client'

export type OwnSession = components['schemas']['SessionOut']

export const sessionKeys = { all: ['own-sessions'] as const }

/** All live sessions of the signed-in user, the last used first. */
export const ownSessionsQuery = (api: Api) =>
  queryOptions({
    queryKey: sessionKeys.all,
    queryFn: async ({ signal }) => (await answer(api.GET('/api/v1/auth/sessions', { signal }))).items,
  })

export async function endSession(api: Api, sessionId: string): Promise<void> {
  await answer(api.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id: sessionId } } }))
}

/** Ends all other sessions of the account. ApiProblem names the wrong field. */
export async function changePassword(api: Api, current: string, next: string): Promise<void> {
  await answer(api.POST('/api/v1/auth/password', { body: { current_password: current, new_password: next } }))
}
