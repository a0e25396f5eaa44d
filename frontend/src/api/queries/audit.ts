import { queryOptions } from '@tanstack/react-query'
import type { components, operations } from '@/contracts/openapi'
import { answer, type Api } from '../client'

export type AuditEntry = components['schemas']['AuditEntryOut']
export type Verification = components['schemas']['VerificationOut']
export type AuditFilter = NonNullable<operations['listAuditLogs']['parameters']['query']>
export type VerificationAsked = NonNullable<operations['verifyAuditLogs']['parameters']['query']>

export const auditKeys = {
  lists: ['audit', 'list'] as const,
  list: (filter: AuditFilter) => ['audit', 'list', filter] as const,
}

export const auditListQuery = (api: Api, filter: AuditFilter) =>
  queryOptions({
    queryKey: auditKeys.list(filter),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/audit-logs', { params: { query: filter }, signal })),
  })

/** Reads the whole trail on the server: only when somebody asks for it. */
export function verifyAudit(api: Api, expected: VerificationAsked): Promise<Verification> {
  return answer(api.GET('/api/v1/audit-logs/verification', { params: { query: expected } }))
}

/** The whole trail with its digests, one JSON object a line, for a check outside of this system. */
export function exportAudit(api: Api): Promise<Blob> {
  return answer<Blob>(api.GET('/api/v1/audit-logs/export', { parseAs: 'blob' }))
}
