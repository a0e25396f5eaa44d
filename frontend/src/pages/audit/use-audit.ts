import { useQueries } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { auditListQuery, type AuditEntry, type AuditFilter } from '@/api/queries/audit'
import type { AuditSearch } from '@/domain/search-params'

export const PART = 50
export const MOST_PARTS = 10

function filterOf({ search, action, outcome, actor, since, until }: AuditSearch): AuditFilter {
  return {
    ...(search !== undefined && { object_id: search }),
    ...(action !== undefined && { action }),
    ...((outcome === 'success' || outcome === 'refused') && { outcome }),
    ...(actor !== undefined && { actor }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  }
}

/** The first `page` parts as one list, newest first; entries that moved on while parts were read are kept once. */
export function useAudit(search: AuditSearch) {
  const api = useApi()
  const filter = filterOf(search)
  return useQueries({
    queries: Array.from({ length: Math.min(search.page ?? 1, MOST_PARTS) }, (_, part) =>
      auditListQuery(api, { ...filter, limit: PART, offset: part * PART })),
    combine: (results) => {
      const first = results[0]?.data
      const entries = new Map<number, AuditEntry>(results.flatMap(({ data }) => data?.items ?? []).map((entry) => [entry.entry_id, entry]))
      return {
        data: first && { entries: [...entries.values()], total: first.total, loadingMore: results.some(({ isPending }) => isPending) },
        error: results.find(({ error }) => error !== null)?.error ?? null,
        failureReason: results[0]?.failureReason ?? null,
        dataUpdatedAt: Math.min(...results.map(({ dataUpdatedAt }) => dataUpdatedAt).filter((at) => at > 0)),
        refetch: () => Promise.all(results.map(async ({ refetch }) => refetch())),
      }
    },
  })
}
