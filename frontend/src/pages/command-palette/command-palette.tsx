import { Modal } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { commandQuery, definitionsQuery } from '@/api/queries/commands'
import { vehicleListQuery, vehicleQuery } from '@/api/queries/vehicles'
import { roleReaches } from '@/domain/roles'
import { keep, kept } from '@/session/preferences'
import { useUser } from '@/session/session-context'
import { PaletteList } from '@/ui/command-palette-list'
import { paletteGroups, vehicleWords, withRecent, type PaletteEntry, type PaletteSources, type PaletteTarget } from '@/ui/command-palette-model'
import { places, type PlacePath } from '@/ui/places'

/** What Ctrl-K opens. The shell loads it when it is asked for, and takes it away after `onClose`. */
export default function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const { sources, isLooking, remember } = useSources(typed)
  const open = useOpening()
  // The keys that opened it close it, also while its field has the focus.
  useHotkeys([['mod+K', onClose]], [])
  const groups = paletteGroups(typed, sources)

  function pick(entry: PaletteEntry) {
    remember(entry.id)
    onClose()
    open(entry.target)
  }

  return (
    <Modal opened onClose={onClose} withCloseButton={false} centered={false} padding={0} size="lg" yOffset="12vh" attributes={{ content: { 'aria-label': 'Find a command, a vehicle or a page' } }} transitionProps={{ duration: 0 }}>
      <PaletteList typed={typed} onType={setTyped} groups={groups} hint={hintOf(isLooking, groups.length, typed)} onPick={pick} />
    </Modal>
  )
}

function hintOf(isLooking: boolean, count: number, typed: string): string {
  if (isLooking) return 'Looking for vehicles…'
  return count === 0 ? `Nothing fits “${typed.trim()}”. Try part of a VIN, a make, or what to do.` : ''
}

function useSources(typed: string) {
  const api = useApi()
  const user = useUser()
  const key = `palette:${user.user_id}`
  const maySend = roleReaches(user.role, 'engineer')
  const definitions = useQuery({ ...definitionsQuery(api), enabled: maySend })
  const commands = maySend ? (definitions.data ?? []) : []
  const [search] = useDebouncedValue(vehicleWords(typed, commands), 120)
  const vehicles = useQuery({ ...vehicleListQuery(api, { limit: 20, ...(search === '' ? {} : { search }) }), placeholderData: keepPreviousData })
  const recent = kept(key)
  const ids = Array.isArray(recent) ? recent.filter((id): id is string => typeof id === 'string') : []
  const sources: PaletteSources = { pages: places(user.role), commands, vehicles: vehicles.data?.items ?? [], current: useCurrentVehicle(), recent: ids }
  return { sources, isLooking: vehicles.isFetching && vehicles.isPlaceholderData, remember: (id: string) => keep(key, withRecent(ids, id)) }
}

/** The vehicle that the open page is about: its own page, the page of its command, or the form that sends to it. */
function useCurrentVehicle() {
  const api = useApi()
  const { pathname, search } = useRouterState({ select: ({ location }) => ({ pathname: location.pathname, search: location.search }), structuralSharing: true })
  const commandId = /^\/commands\/([0-9a-f-]{36})$/.exec(pathname)?.[1]
  const command = useQuery({ ...commandQuery(api, commandId ?? ''), enabled: commandId !== undefined })
  const chosen = 'vehicles' in search && typeof search.vehicles === 'string' && !search.vehicles.includes(',') ? search.vehicles : undefined
  const vehicleId = /^\/vehicles\/([0-9a-f-]{36})$/.exec(pathname)?.[1] ?? chosen ?? command.data?.vehicle_id
  const vehicle = useQuery({ ...vehicleQuery(api, vehicleId ?? ''), enabled: vehicleId !== undefined && vehicleId !== '' })
  return vehicle.data ?? null
}

function useOpening() {
  const navigate = useNavigate()
  return (target: PaletteTarget) => {
    switch (target.kind) {
      case 'page':
        return void navigate({ to: target.to as PlacePath })
      case 'vehicle':
        return void navigate({ to: '/vehicles/$vehicleId', params: { vehicleId: target.vehicleId } })
      case 'command':
        return void navigate({ to: '/send', search: { command: target.command, ...(target.vehicleId === null ? {} : { vehicles: target.vehicleId }) } })
    }
  }
}
