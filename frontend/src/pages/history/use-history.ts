import { useQueries } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { commandListQuery, type Command, type CommandFilter } from '@/api/queries/commands'
import type { HistorySearch } from '@/domain/search-params'

export const PART = 50
/** More lines than this nobody reads: filters find faster, and every part is read anew on changes. */
export const MOST_PARTS = 10

export interface History {
  readonly commands: readonly Command[]
  readonly total: number
  /** Further parts are on their way. */
  readonly loadingMore: boolean
}

interface HistoryQuery {
  readonly data: History | undefined
  readonly error: unknown
  /** What went wrong while it is still tried again. */
  readonly failureReason: unknown
  readonly dataUpdatedAt: number
  readonly refetch: () => unknown
}

function filterOf({ vehicle, command, status, user, since, until }: HistorySearch): CommandFilter {
  return {
    ...(vehicle !== undefined && { vehicle_id: vehicle }),
    ...(command !== undefined && { command_name: command }),
    ...(status !== undefined && { status }),
    ...(user !== undefined && { user_id: user }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  }
}

/** The first `page` parts as one list. A command that moved from one part to the next while both were read is kept once. */
export function useHistory(search: HistorySearch): HistoryQuery {
  const api = useApi()
  const parts = Math.min(search.page ?? 1, MOST_PARTS)
  const filter = filterOf(search)
  return useQueries({
    queries: Array.from({ length: parts }, (_, part) => commandListQuery(api, { ...filter, limit: PART, offset: part * PART })),
    combine: (results): HistoryQuery => {
      const first = results[0]?.data
      const seen = new Map(results.flatMap(({ data }) => data?.items ?? []).map((command) => [command.command_id, command]))
      return {
        data: first && { commands: [...seen.values()], total: first.total, loadingMore: results.some(({ isPending }) => isPending) },
        error: results.find(({ error }) => error !== null)?.error ?? null,
        failureReason: results[0]?.failureReason ?? null,
        dataUpdatedAt: Math.min(...results.map(({ dataUpdatedAt }) => dataUpdatedAt).filter((at) => at > 0)),
        refetch: () => Promise.all(results.map(async ({ refetch }) => refetch())),
      }
    },
  })
}
