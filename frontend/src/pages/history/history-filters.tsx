import { Button, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { definitionsQuery } from '@/api/queries/commands'
import { everyUserQuery } from '@/api/queries/users'
import { vehicleListQuery, vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import type { HistorySearch } from '@/domain/search-params'
import { commandStatusWords, type CommandStatus } from '@/domain/statuses'
import { useUser } from '@/session/session-context'
import classes from '@/ui/filters.module.css'
import { MomentField } from '@/ui/moment-field'

const statuses: readonly CommandStatus[] = ['pending', 'in_progress', 'completed', 'failed', 'outcome_unknown', 'expired', 'cancelled']

interface HistoryFiltersProps {
  readonly search: HistorySearch
  readonly onChange: (change: { [K in keyof HistorySearch]?: HistorySearch[K] | undefined }) => void
}

const labelOf = (vehicle: Vehicle) => `${vehicle.vin} · ${vehicle.make} ${vehicle.model}`

/** Asks the server while one types: a fleet has too many vehicles for one list. */
function useVehicleOptions(value: string | undefined, typed: string) {
  const api = useApi()
  const [settled] = useDebouncedValue(typed, 200)
  const chosen = useQuery({ ...vehicleQuery(api, value ?? ''), enabled: value !== undefined })
  const words = chosen.data !== undefined && settled === labelOf(chosen.data) ? '' : settled.trim()
  const found = useQuery({ ...vehicleListQuery(api, { limit: 20, ...(words !== '' && { search: words }) }), placeholderData: keepPreviousData })
  const vehicles = [...(found.data?.items ?? [])]
  if (chosen.data !== undefined && !vehicles.some(({ vehicle_id }) => vehicle_id === value)) vehicles.unshift(chosen.data)
  const options = vehicles.map((vehicle) => ({ value: vehicle.vehicle_id, label: labelOf(vehicle) }))
  if (value !== undefined && chosen.data === undefined) {
    options.unshift({ value, label: chosen.isError ? 'A vehicle you may not see' : 'Loading' })
  }
  return { options, isBroken: found.isError }
}

function VehicleFilter({ value, onChange }: { readonly value: string | undefined; readonly onChange: (id: string | undefined) => void }) {
  const [typed, setTyped] = useState('')
  const { options, isBroken } = useVehicleOptions(value, typed)
  return (
    <Select
      className={classes.wide ?? ''} label="Vehicle" placeholder="Any vehicle" clearable searchable maxDropdownHeight={320}
      data={options}
      // The server has searched already, and it looks at more than the label.
      filter={({ options: all }) => all}
      value={value ?? null} onChange={(id) => onChange(id ?? undefined)} onSearchChange={setTyped}
      nothingFoundMessage={isBroken ? 'The vehicles could not be read' : 'No such vehicle'}
    />
  )
}

function UserFilter({ value, onChange }: { readonly value: string | undefined; readonly onChange: (id: string | undefined) => void }) {
  const me = useUser()
  const { data } = useQuery({ ...everyUserQuery(useApi()), enabled: me.role === 'admin' })
  const accounts = data ?? [me]
  const options = accounts.map(({ user_id, username }) => ({ value: user_id, label: user_id === me.user_id ? `${username} (you)` : username }))
  const isMissing = value !== undefined && !options.some((option) => option.value === value)
  return (
    <Select
      className={classes.normal ?? ''} label="Sent by" placeholder="Anyone" clearable searchable nothingFoundMessage="No such user"
      data={isMissing ? [...options, { value, label: `user ${value.slice(0, 8)}` }] : options}
      value={value ?? null} onChange={(id) => onChange(id ?? undefined)}
    />
  )
}

export function HistoryFilters({ search, onChange }: HistoryFiltersProps) {
  const definitions = useQuery(definitionsQuery(useApi()))
  const names = definitions.data?.map(({ name }) => name) ?? []
  const commands = search.command === undefined || names.includes(search.command) ? names : [search.command, ...names]
  const isFiltered = Object.keys(search).some((key) => key !== 'page')
  return (
    <div className={classes.bar} role="search" aria-label="Commands">
      <VehicleFilter value={search.vehicle} onChange={(vehicle) => onChange({ vehicle })} />
      <Select
        className={classes.normal ?? ''} label="Command" placeholder="Any command" clearable searchable nothingFoundMessage="No such command"
        data={commands} value={search.command ?? null} onChange={(command) => onChange({ command: command ?? undefined })}
      />
      <Select
        className={classes.normal ?? ''} label="Status" placeholder="Any status" clearable
        data={statuses.map((status) => ({ value: status, label: commandStatusWords(status).label }))}
        value={search.status ?? null} onChange={(status) => onChange({ status: status ?? undefined })}
      />
      <UserFilter value={search.user} onChange={(user) => onChange({ user })} />
      <MomentField label="From" edge="start" value={search.since} onChange={(since) => onChange({ since })} />
      <MomentField label="Until" edge="end" value={search.until} onChange={(until) => onChange({ until })} />
      <Button
        variant="subtle" disabled={!isFiltered}
        onClick={() => onChange({ vehicle: undefined, command: undefined, status: undefined, user: undefined, since: undefined, until: undefined })}
      >
        Clear filters
      </Button>
    </div>
  )
}
