import { Button } from '@mantine/core'
import { IconDownload, IconRefresh } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useApi } from '@/api/client'
import { auditKeys, exportAudit } from '@/api/queries/audit'
import { roleReaches } from '@/domain/roles'
import { auditSearch, type AuditSearch } from '@/domain/search-params'
import { useUser } from '@/session/session-context'
import { LoadMore } from '@/ui/load-more'
import { PageFrame } from '@/ui/page-frame'
import { Empty, Forbidden, Loading, QueryStates } from '@/ui/states'
import { toastFailure } from '@/ui/toasts'
import { AuditFilters } from './audit-filters'
import { AuditTable } from './audit-table'
import { EntryDetails } from './entry-details'
import { MOST_PARTS, useAudit } from './use-audit'
import { VerificationCard } from './verification'

export function AuditPage() {
  const { role } = useUser()
  if (!roleReaches(role, 'admin')) return <PageFrame title="Audit trail"><Forbidden needs="admin" /></PageFrame>
  return <Trail />
}

const route = getRouteApi('/audit')

function Trail() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const audit = useAudit(search)
  const isFiltered = Object.keys(search).some((key) => key !== 'page' && key !== 'entry')

  function change(next: { [K in keyof AuditSearch]?: AuditSearch[K] | undefined }) {
    void navigate({ search: auditSearch({ ...search, page: undefined, entry: undefined, ...next }), replace: 'page' in next })
  }
  const show = (entry: string | undefined) =>
    void navigate({ search: auditSearch({ ...search, entry }), replace: true, resetScroll: false })

  return (
    <PageFrame
      title="Audit trail"
      actions={
        <>
          <Button
            variant="default" leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => void queries.invalidateQueries({ queryKey: auditKeys.lists })}
          >
            Read anew
          </Button>
          <ExportButton />
        </>
      }
    >
      <VerificationCard />
      <AuditFilters search={search} onChange={change} />
      <QueryStates query={audit} loading={<Loading rows={12} height={36} label="Loading the audit trail" />}>
        {({ entries, total, loadingMore }) => entries.length === 0 ? <Nothing onClear={isFiltered ? () => void navigate({ search: {} }) : null} /> : (
          <>
            <AuditTable entries={entries} onOpen={(id) => show(String(id))} />
            <LoadMore
              shown={entries.length} total={total} noun="entry" plural="entries" loading={loadingMore}
              onMore={(search.page ?? 1) < MOST_PARTS ? () => change({ page: (search.page ?? 1) + 1, entry: search.entry }) : null}
            />
          </>
        )}
      </QueryStates>
      {search.entry !== undefined && audit.data !== undefined && (
        <EntryDetails
          entryId={search.entry} entry={audit.data.entries.find(({ entry_id }) => String(entry_id) === search.entry)}
          onClose={() => show(undefined)} onShowObject={(id) => change({ search: id })}
        />
      )}
    </PageFrame>
  )
}

function Nothing({ onClear }: { readonly onClear: (() => void) | null }) {
  if (onClear === null) return <Empty title="The trail is empty">Every sign-in, command and change is written here as it happens.</Empty>
  return (
    <Empty title="No entry fits these filters" action={<Button variant="default" onClick={onClear}>Clear filters</Button>}>
      Names and numbers must be complete: the trail is searched for exactly what you type.
    </Empty>
  )
}

function ExportButton() {
  const api = useApi()
  const download = useMutation({
    mutationFn: () => exportAudit(api),
    onSuccess(trail) {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(trail)
      link.download = `audit-trail_${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z.jsonl`
      link.click()
      URL.revokeObjectURL(link.href)
    },
    onError: (error) => toastFailure('The trail was not exported', error),
  })
  return (
    <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={download.isPending} onClick={() => download.mutate()}>
      Export all
    </Button>
  )
}
