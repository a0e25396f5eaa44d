import { Button, Text } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useRef } from 'react'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount, formatNumber } from '@/domain/durations'
import { countByStatus, makesOf } from '@/domain/presence'
import { useConnectionState } from '@/live/hooks'
import { PageFrame } from '@/ui/page-frame'
import { useShortcutHelp, type Shortcut } from '@/ui/shortcuts'
import { Empty, Loading, QueryStates } from '@/ui/states'
import { FleetTable } from './fleet-table'
import { FleetToolbar } from './fleet-toolbar'
import { SelectionBar } from './selection-bar'
import { useFleet, useShownFleet, useWork } from './use-fleet'
import { useFleetAddress } from './use-fleet-address'
import { useSelection } from './use-selection'
import classes from './fleet.module.css'

const shortcuts: readonly Shortcut[] = [
  { keys: '/', does: 'Search vehicles' },
  { keys: '↑ ↓', does: 'Go through the vehicles' },
  { keys: 'Enter', does: 'Open the vehicle' },
  { keys: 'Space', does: 'Select the vehicle; with Shift and an arrow, several' },
  { keys: 'Ctrl+A', does: 'Select all vehicles shown' },
]

export function FleetPage() {
  useShortcutHelp(shortcuts)
  const { query, total } = useFleet()
  return (
    <PageFrame title="Fleet" beside={<Loaded count={query.data?.length ?? null} total={total} isLoading={query.isFetching} />}>
      <QueryStates query={query} loading={<Loading rows={12} height={36} label="Loading vehicles" />}>
        {(vehicles) => (vehicles.length === 0 && !query.isFetching ? <NoVehicles /> : <Fleet vehicles={vehicles} />)}
      </QueryStates>
    </PageFrame>
  )
}

function Loaded({ count, total, isLoading }: { readonly count: number | null; readonly total: number | null; readonly isLoading: boolean }) {
  if (count === null || !isLoading || total === null || count >= total) return null
  return <Text c="dimmed" size="sm" role="status">{formatNumber(count)} of {formatCount(total, 'vehicle')} loaded…</Text>
}

function NoVehicles() {
  return (
    <Empty title="No vehicles yet">
      No vehicle is registered, or none lies inside what your account may see. An administrator adds one
      with <code>sovd vehicle add</code> or <code>POST /api/v1/vehicles</code>.
    </Empty>
  )
}

const route = getRouteApi('/vehicles')

function Fleet({ vehicles }: { readonly vehicles: readonly Vehicle[] }) {
  const address = useFleetAddress()
  const selection = useSelection()
  const work = useWork()
  const { shown, isLate } = useShownFleet(vehicles, address.filter, address.sort)
  const makes = useMemo(() => makesOf(vehicles), [vehicles])
  const counts = useMemo(() => countByStatus(vehicles), [vehicles])
  const navigate = route.useNavigate()
  const search = useRef<HTMLInputElement>(null)
  const place = useRef<HTMLDivElement>(null)
  useHotkeys([['/', () => search.current?.focus()]])
  const open = useCallback((vehicleId: string) => void navigate({ to: '/vehicles/$vehicleId', params: { vehicleId } }), [navigate])

  return (
    <div className={classes.fleet} ref={place}>
      <FleetToolbar
        address={address} makes={makes} counts={counts} searchRef={search}
        onDown={() => place.current?.querySelector<HTMLElement>('[role="grid"]')?.focus()}
      />
      <Liveness shown={shown.length} all={vehicles.length} />
      {shown.length === 0 ? (
        <Empty title="No vehicle matches" action={<Button variant="default" onClick={address.clear}>Clear search and filters</Button>}>
          {formatCount(vehicles.length, 'vehicle')} looked at; every word of the search must stand in VIN, make, model, year, address or notes.
        </Empty>
      ) : (
        <div className={classes.frame}>
          <FleetTable vehicles={shown} isLate={isLate} work={work} sort={address.sort} onSort={address.setSort} selection={selection} onOpen={open} />
        </div>
      )}
      <SelectionBar ids={selection.ids} shown={shown} onClear={selection.clear} />
    </div>
  )
}

/** How many rows, and whether they are kept up to date right now. */
function Liveness({ shown, all }: { readonly shown: number; readonly all: number }) {
  const { phase } = useConnectionState()
  const isLate = phase === 'waiting' || phase === 'offline' || phase === 'barred'
  return (
    <div className={classes.line} role="status">
      {shown === all ? `All ${formatCount(all, 'vehicle')} shown` : `${formatCount(shown, 'vehicle')} of ${formatNumber(all)} shown`}
      {isLate && <span className={classes.late}> · Presence is not followed live now; it may be out of date until the connection is back.</span>}
    </div>
  )
}
