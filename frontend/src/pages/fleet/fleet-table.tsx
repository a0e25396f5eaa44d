import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { flexRender, getCoreRowModel, useReactTable, type Row } from '@tanstack/react-table'
import { useElementScrollRestoration } from '@tanstack/react-router'
import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import { memo, useLayoutEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent } from 'react'
import type { Vehicle } from '@/api/queries/vehicles'
import { nextSort, type FleetSort } from '@/domain/presence'
import { fleetColumns, isSortable, type FleetRow } from './fleet-columns'
import { gridMove } from './grid-keys'
import type { Selection } from './use-selection'
import type { Work } from './use-fleet'
import classes from './fleet.module.css'

/** As fleet.module.css has them: on a tablet a row has two lines. */
const ROW_PX = 40
const TALL_ROW_PX = 56
const SCROLL_ID = 'fleet'
const nothing = '–'

interface FleetTableProps {
  readonly vehicles: readonly Vehicle[]
  /** The rows do not show the last keys typed into the search yet. */
  readonly isLate: boolean
  readonly work: ReadonlyMap<string, Work>
  readonly sort: FleetSort
  readonly onSort: (sort: FleetSort) => void
  readonly selection: Selection
  readonly onOpen: (vehicleId: string) => void
}

const rowId = (vehicleId: string) => `vehicle-${vehicleId}`

/** Only the rows on screen exist. The grid itself has the focus and names the active row, which may come and go. */
export function FleetTable({ vehicles, isLate, work, sort, onSort, selection, onOpen }: FleetTableProps) {
  'use no memo'
  const scroller = useRef<HTMLDivElement>(null)
  const rowPx = useMediaQuery('(max-width: 61.99em)', false, { getInitialValueInEffect: false }) ? TALL_ROW_PX : ROW_PX
  // Back from a vehicle, the list stands where it was.
  const before = useElementScrollRestoration({ id: SCROLL_ID })
  // eslint-disable-next-line react-hooks/incompatible-library -- the library hands out functions that change by themselves: this component opts out of memoisation above
  const virtual = useVirtualizer({
    initialOffset: before?.scrollY ?? 0,
    count: vehicles.length, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan: 8, scrollPaddingStart: rowPx,
    // Room for the selection bar, which lies over the end of a long list.
    paddingEnd: selection.ids.size > 0 && vehicles.length > 12 ? rowPx : 0,
  })
  // The heights of rows are kept by the virtualizer until it is told.
  useLayoutEffect(() => virtual.measure(), [virtual, rowPx])
  const { table, places } = useRowsInSight(vehicles, work, virtual.getVirtualItems())
  const activeIndex = selection.activeId === null ? -1 : vehicles.findIndex(({ vehicle_id }) => vehicle_id === selection.activeId)

  function onKeyDown(event: KeyboardEvent) {
    // A button in the head acts on its own keys; shortcuts of the whole page go on.
    if ((event.target as HTMLElement).closest('button') !== null) return
    const ids = vehicles.map(({ vehicle_id }) => vehicle_id)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowPx) - 2)
    const move = gridMove({ key: event.key, isShift: event.shiftKey, isControl: event.ctrlKey || event.metaKey, activeIndex, count: ids.length, page })
    if (move === null) return
    event.preventDefault()
    // A key must never act on a row that is about to vanish, or on one that is not shown.
    if (isLate) return
    if (move.kind === 'go') go(ids, move)
    else if (move.kind === 'all') selection.selectAll(ids)
    else if (move.kind === 'none') selection.clear()
    else actOnActive(move.kind)
  }

  function go(ids: readonly string[], { index, isExtending }: { readonly index: number; readonly isExtending: boolean }) {
    const id = ids[index]
    if (id === undefined) return
    if (isExtending) selection.extendTo(ids, id)
    else selection.activate(id)
    virtual.scrollToIndex(index)
  }

  function actOnActive(kind: 'open' | 'toggle') {
    const id = vehicles[activeIndex]?.vehicle_id
    if (id === undefined) return
    if (kind === 'open') onOpen(id)
    else selection.toggle(id)
  }

  function activateShown() {
    const first = vehicles[0]?.vehicle_id
    if (activeIndex < 0 && !isLate && first !== undefined) selection.activate(first)
  }

  function onClick(event: MouseEvent) {
    const target = event.target as HTMLElement
    const id = target.closest<HTMLElement>('[data-vehicle]')?.dataset.vehicle
    if (id === undefined) return
    if (target.closest('a') !== null) {
      // With a key held the browser opens the link in its own way: another tab, another window.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      onOpen(id)
      return
    }
    const ids = vehicles.map(({ vehicle_id }) => vehicle_id)
    if (target.closest('[data-tick]') !== null) {
      if (event.shiftKey) selection.extendTo(ids, id)
      else selection.toggle(id)
      return
    }
    selection.activate(id)
    // Marking a VIN with the mouse must not leave the page.
    if (globalThis.getSelection()?.toString() === '') onOpen(id)
  }

  const areAll = vehicles.length > 0 && vehicles.every(({ vehicle_id }) => selection.ids.has(vehicle_id))
  return (
    <div
      ref={scroller} data-scroll-restoration-id={SCROLL_ID} className={classes.grid} role="grid" tabIndex={0} aria-label="Vehicles" aria-multiselectable aria-rowcount={vehicles.length + 1}
      aria-colcount={fleetColumns.length + 1} aria-activedescendant={activeIndex < 0 ? undefined : rowId(selection.activeId ?? '')}
      onKeyDown={onKeyDown} onClick={onClick} onFocus={() => activateShown()}
    >
      <div role="row" aria-rowindex={1} className={`${classes.row ?? ''} ${classes.head ?? ''}`}>
        <div role="columnheader" className={classes.tick}>
          <input
            type="checkbox" aria-label="Select every vehicle shown" checked={areAll} tabIndex={-1}
            onChange={() => (areAll ? selection.clear() : selection.selectAll(vehicles.map(({ vehicle_id }) => vehicle_id)))}
          />
        </div>
        {table.getFlatHeaders().map(({ id, column }) => (
          <Head key={id} id={id} label={String(column.columnDef.header)} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
        {places.map(({ key, row, index, start }) => (
          <TableRow
            key={key} row={row} original={row.original} index={index} start={start}
            isActive={row.id === selection.activeId} isSelected={selection.ids.has(row.id)}
          />
        ))}
      </div>
    </div>
  )
}

/** A table of the rows in sight only: one of ten thousand would be made anew for each part that is loaded. */
function useRowsInSight(vehicles: readonly Vehicle[], work: ReadonlyMap<string, Work>, inSight: readonly VirtualItem[]) {
  'use no memo'
  const [first, last] = [inSight[0]?.index ?? 0, inSight.at(-1)?.index ?? -1]
  const data = useMemo(
    () => vehicles.slice(first, last + 1).map((vehicle): FleetRow => ({ vehicle, work: work.get(vehicle.vehicle_id) })),
    [vehicles, work, first, last],
  )
  // eslint-disable-next-line react-hooks/incompatible-library -- as above
  const table = useReactTable({
    data, columns: fleetColumns, getCoreRowModel: getCoreRowModel(), getRowId: ({ vehicle }) => vehicle.vehicle_id, manualSorting: true,
  })
  const { rows } = table.getRowModel()
  // What leaves at one end of the screen is filled anew at the other: filling is cheaper than making.
  const count = Math.ceil((inSight.length + 1) / 16) * 16
  const places = inSight.flatMap(({ index, start }) => {
    const row = rows[index - first]
    return row === undefined ? [] : [{ key: index % count, row, index, start }]
  })
  return { table, places }
}

interface HeadProps {
  readonly id: string
  readonly label: string
  readonly sort: FleetSort
  readonly onSort: (sort: FleetSort) => void
}

function Head({ id, label, sort, onSort }: HeadProps) {
  const className = `${classes.cell ?? ''} ${classes[id] ?? ''}`
  if (!isSortable(id)) return <div role="columnheader" className={className}>{label}</div>
  const isSorted = sort.column === id
  const Sign = sort.isDescending ? IconArrowDown : IconArrowUp
  return (
    <div role="columnheader" className={className} aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className={classes.sort} onClick={() => onSort(nextSort(sort, id))}>
        {label}
        <Sign size={14} aria-hidden className={isSorted ? undefined : classes.unsorted} />
      </button>
    </div>
  )
}

interface TableRowProps {
  readonly row: Row<FleetRow>
  /** Rows of the table are reused; a changed vehicle shows by this. */
  readonly original: FleetRow
  readonly index: number
  readonly start: number
  readonly isActive: boolean
  readonly isSelected: boolean
}

const TableRow = memo(
  function TableRow({ row, index, start, isActive, isSelected }: TableRowProps) {
    const { vin } = row.original.vehicle
    return (
      <div
        role="row" id={rowId(row.id)} data-vehicle={row.id} aria-rowindex={index + 2} aria-selected={isSelected}
        data-active={isActive || undefined} className={classes.row} style={{ transform: `translateY(${String(start)}px)` }}
      >
        <div role="gridcell" className={classes.tick} data-tick>
          <input type="checkbox" checked={isSelected} readOnly tabIndex={-1} aria-label={`Select ${vin}`} />
        </div>
        {row.getVisibleCells().map((cell) => (
          <div key={cell.id} role="gridcell" className={`${classes.cell ?? ''} ${classes[cell.column.id] ?? ''}`}>
            {flexRender(cell.column.columnDef.cell, cell.getContext()) ?? nothing}
          </div>
        ))}
      </div>
    )
  },
  (before, after) =>
    before.original.vehicle === after.original.vehicle && before.original.work === after.original.work &&
    before.index === after.index && before.start === after.start &&
    before.isActive === after.isActive && before.isSelected === after.isSelected,
)
