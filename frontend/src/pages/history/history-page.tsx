import { Button } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Command } from '@/api/queries/commands'
import { historySearch, type HistorySearch } from '@/domain/search-params'
import { useCommandChanges } from '@/live/hooks'
import { useUser } from '@/session/session-context'
import { roleReaches } from '@/domain/roles'
import { LoadMore } from '@/ui/load-more'
import { useUserNames, useVehiclesById } from '@/ui/names'
import { PageFrame } from '@/ui/page-frame'
import { Empty, Loading, QueryStates } from '@/ui/states'
import own from './history.module.css'
import { HistoryFilters } from './history-filters'
import { HistoryTable } from './history-table'
import { MOST_PARTS, useHistory, type History } from './use-history'

const route = getRouteApi('/commands')

export function HistoryPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [picked, setPicked] = useState<readonly Command[]>([])
  const history = useHistory(search)
  useCommandChanges()

  function pick(command: Command) {
    const without = picked.filter(({ command_id }) => command_id !== command.command_id)
    setPicked(without.length < picked.length ? without : [...picked, command])
  }

  function change(next: { [K in keyof HistorySearch]?: HistorySearch[K] | undefined }) {
    // A page that loads more stays the same page in the browser's history.
    void navigate({ search: historySearch({ ...search, page: undefined, ...next }), replace: 'page' in next })
  }

  return (
    <PageFrame title="History">
      <HistoryFilters search={search} onChange={change} />
      <Picks picked={picked} isEmpty={history.data?.commands.length === 0} onClear={() => setPicked([])} />
      <QueryStates query={history} loading={<Loading rows={12} height={44} label="Loading the commands" />}>
        {(data) => (
          <Found
            history={data} picked={picked} onPick={pick} isFiltered={Object.keys(search).some((key) => key !== 'page')}
            onMore={(search.page ?? 1) < MOST_PARTS ? () => change({ page: (search.page ?? 1) + 1 }) : null}
            onClear={() => void navigate({ search: {} })}
          />
        )}
      </QueryStates>
    </PageFrame>
  )
}

function Picks({ picked, isEmpty, onClear }: { readonly picked: readonly Command[]; readonly isEmpty: boolean; readonly onClear: () => void }) {
  const [one, two] = picked
  // The older one stands at the left: what appeared since then is what people look for.
  const [left, right] = one !== undefined && two !== undefined && one.submitted_at > two.submitted_at ? [two, one] : [one, two]
  return (
    <div className={own.picks} role="status">
      {left === undefined && !isEmpty && 'Tick two commands of the same kind to compare their answers.'}
      {left !== undefined && right === undefined && `One ${left.command_name} is picked. Tick another one to compare with.`}
      {left !== undefined && right !== undefined && (
        <>
          {`Two answers of ${left.command_name} are picked.`}
          <Button size="compact-sm" renderRoot={(props) => <Link to="/commands/compare" search={{ left: left.command_id, right: right.command_id }} {...props} />}>
            Compare them
          </Button>
        </>
      )}
      {left !== undefined && <Button size="compact-sm" variant="subtle" onClick={onClear}>Forget the choice</Button>}
    </div>
  )
}

interface FoundProps {
  readonly history: History
  readonly picked: readonly Command[]
  readonly isFiltered: boolean
  readonly onPick: (command: Command) => void
  readonly onMore: (() => void) | null
  readonly onClear: () => void
}

function Found({ history, picked, isFiltered, onPick, onMore, onClear }: FoundProps) {
  const nameOf = useUserNames(history.commands.map(({ user_id }) => user_id))
  const vehicles = useVehiclesById(history.commands.map(({ vehicle_id }) => vehicle_id))
  if (history.commands.length === 0) return isFiltered ? <NothingFits onClear={onClear} /> : <NothingSent />
  return (
    <>
      <HistoryTable commands={history.commands} vehicles={vehicles} nameOf={nameOf} picked={picked} onPick={onPick} />
      <LoadMore shown={history.commands.length} total={history.total} noun="command" loading={history.loadingMore} onMore={onMore} />
    </>
  )
}

function NothingFits({ onClear }: { readonly onClear: () => void }) {
  return (
    <Empty title="No command fits these filters" action={<Button variant="default" onClick={onClear}>Clear filters</Button>}>
      Take away a filter, or choose a longer time. New commands appear here by themselves.
    </Empty>
  )
}

function NothingSent() {
  const { role } = useUser()
  const maySend = roleReaches(role, 'engineer')
  return (
    <Empty
      title="No command yet"
      action={maySend && <Button renderRoot={(props) => <Link to="/send" search={{}} {...props} />}>Send a command</Button>}
    >
      {maySend
        ? 'Nobody has sent a command to a vehicle that you may see. It appears here as soon as it is sent.'
        : 'Nobody has sent a command to a vehicle that you may see. Sending needs the role engineer.'}
    </Empty>
  )
}
