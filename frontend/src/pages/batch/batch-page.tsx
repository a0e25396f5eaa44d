import { Button, Group, SegmentedControl, Text } from '@mantine/core'
import { IconDownload, IconRepeat } from '@tabler/icons-react'
import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { getRouteApi, Link, useRouterState } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useApi } from '@/api/client'
import { commandQuery, definitionsQuery, type Command, type CommandDefinition } from '@/api/queries/commands'
import { vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import { unpackIds } from '@/domain/command-drafts'
import { isTerminal } from '@/domain/statuses'
import { formatCount } from '@/domain/durations'
import { useCommandChanges, useConnectionState, usePresence } from '@/live/hooks'
import { PageFrame } from '@/ui/page-frame'
import { Empty, Failure, Loading } from '@/ui/states'
import { ToneBadge } from '@/ui/status-badge'
import { batchCounts, batchCsv, batchRows, isFailedRow, isOpenRow, shownRows, type BatchRow } from './batch-rows'
import { BatchTable } from './batch-table'

const route = getRouteApi('/send/results')

/** One command on many vehicles: who has answered, who has not, and why. The address holds all of it. */
export function BatchPage() {
  const { commands: packed = '', unsent = '', show = 'all' } = route.useSearch()
  const navigate = route.useNavigate()
  const { rows, error, retry } = useBatch(packed, unsent)
  useCommandChanges()
  usePresence()
  const definitions = useQuery(definitionsQuery(useApi()))
  const shown = shownRows(rows, show)
  const failed = rows.filter(isFailedRow).length
  const open = rows.filter(isOpenRow).length
  const command = rows.find((row) => row.command !== null)?.command ?? null

  if (rows.length === 0) {
    return (
      <PageFrame title="Results">
        <Empty title="No commands in this address" action={<Link to="/send">Send a command</Link>}>
          The results of one command on many vehicles are shown here after it was sent. The link may be cut off.
        </Empty>
      </PageFrame>
    )
  }
  if (error !== null && command === null) return <PageFrame title="Results"><Failure error={error} retry={retry} /></PageFrame>
  return (
    <PageFrame
      title={command === null ? 'Results' : `${titleOf(command, definitions.data)} on ${formatCount(rows.length, 'vehicle')}`}
      actions={<Actions rows={rows} command={command} />}
    >
      <Group justify="space-between" gap="sm" mih={34}>
        <Group gap="xs" role="status" aria-label="How many are where">
          {batchCounts(rows).map(({ label, tone, count }) => <ToneBadge key={label} tone={tone}>{count} {label.toLowerCase()}</ToneBadge>)}
          {open === 0 && <Text size="sm" c="dimmed">All have ended.</Text>}
        </Group>
        <SegmentedControl
          aria-label="Show" size="xs" className="no-print" value={show}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, show: value }), replace: true, state: true })}
          data={[
            { value: 'all', label: `All ${String(rows.length)}` },
            { value: 'failed', label: `Without a good answer ${String(failed)}` },
            { value: 'open', label: `Not ended ${String(open)}` },
          ]}
        />
      </Group>
      {command?.reason != null && <Text size="sm" c="dimmed">Reason: {command.reason}</Text>}
      {rows.every((row) => row.commandId !== null && row.command === null) ? <Loading /> : <BatchTable rows={shown} show={show} />}
    </PageFrame>
  )
}

function titleOf({ command_name: name }: Command, definitions: readonly CommandDefinition[] | undefined): string {
  return definitions?.find((definition) => definition.name === name)?.title ?? name
}

/** How often the commands that have not ended are read anew while nothing arrives live. */
const REREAD_MS = 3000
const REREAD_LIVE_MS = 4000

function useBatch(packed: string, packedUnsent: string) {
  const api = useApi()
  const commandIds = useMemo(() => [...new Set(unpackIds(packed))], [packed])
  const unsent = useMemo(() => unpackIds(packedUnsent), [packedUnsent])
  const unsentBecause = useRouterState({ select: ({ location }) => location.state.unsentBecause })
  const isLive = useConnectionState().phase === 'live'
  // Also while live, if seldom: a command that ends before the page follows the changes is told by nobody.
  const refetchInterval = ({ state: { data } }: { state: { data?: Command | undefined } }) => {
    if (data !== undefined && isTerminal(data.status)) return false
    return isLive ? REREAD_LIVE_MS : REREAD_MS
  }
  const commands = useQueries({ queries: commandIds.map((id) => ({ ...commandQuery(api, id), refetchInterval })), combine: join<Command> })
  const vehicleIds = [...new Set([...commands.items.map(({ vehicle_id: id }) => id), ...unsent])]
  const vehicles = useQueries({ queries: vehicleIds.map((id) => ({ ...vehicleQuery(api, id), staleTime: 60_000 })), combine: join<Vehicle> })
  const rows = batchRows({
    commandIds,
    unsent,
    commands: new Map(commands.items.map((command) => [command.command_id, command])),
    unsentBecause: unsentBecause ?? {},
    vehicles: new Map(vehicles.items.map((vehicle) => [vehicle.vehicle_id, vehicle])),
  })
  return { rows, error: commands.error, retry: commands.retry }
}

function join<T>(results: UseQueryResult<T>[]) {
  return {
    items: results.flatMap(({ data }) => (data === undefined ? [] : [data])),
    error: results.find(({ error }) => error !== null)?.error ?? null,
    retry: () => results.filter(({ error }) => error !== null).forEach(({ refetch }) => void refetch()),
  }
}

function Actions({ rows, command }: { readonly rows: readonly BatchRow[]; readonly command: Command | null }) {
  const failed = rows.filter(isFailedRow).flatMap(({ vehicleId }) => vehicleId ?? [])
  return (
    <>
      {command !== null && failed.length > 0 && (
        <Link to="/send" search={{ vehicles: failed.join(','), command: command.command_name, params: JSON.stringify(command.command_params) }}>
          <Button component="span" variant="default" leftSection={<IconRepeat size={16} aria-hidden />}>{failed.length === 1 ? 'Send to that one again' : `Send to those ${String(failed.length)} again`}</Button>
        </Link>
      )}
      <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => download(rows)}>Export CSV</Button>
    </>
  )
}

function download(rows: readonly BatchRow[]) {
  // The mark at the start tells spreadsheets that it is UTF-8.
  const address = URL.createObjectURL(new Blob(['\ufeff', batchCsv(rows)], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `results-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.csv`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

declare module '@tanstack/history' {
  interface HistoryState {
    /** Why vehicles got nothing, by vehicle id; only in the tab that sent. */
    unsentBecause?: Record<string, string>
  }
}
