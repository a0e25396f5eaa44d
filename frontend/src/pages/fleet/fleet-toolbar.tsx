import { CloseButton, Kbd, Select, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { RefObject } from 'react'
import { formatNumber } from '@/domain/durations'
import { connectionStatusWords, type ConnectionStatus } from '@/domain/statuses'
import type { FleetAddress } from './use-fleet-address'
import classes from './fleet.module.css'

const statuses: readonly ConnectionStatus[] = ['connected', 'disconnected', 'error', 'unknown']

interface FleetToolbarProps {
  readonly address: FleetAddress
  readonly makes: readonly string[]
  readonly counts: Readonly<Record<ConnectionStatus, number>>
  readonly searchRef: RefObject<HTMLInputElement | null>
  readonly onDown: () => void
}

export function FleetToolbar({ address, makes, counts, searchRef, onDown }: FleetToolbarProps) {
  const { filter } = address
  return (
    <div className={classes.toolbar} role="search" aria-label="Vehicles">
      <TextInput
        ref={searchRef} className={classes.search ?? ''} aria-label="Search vehicles" placeholder="VIN, make, model, year, address"
        leftSection={<IconSearch size={16} aria-hidden />} value={filter.search}
        rightSection={filter.search === '' ? <Kbd size="xs">/</Kbd> : <CloseButton size="sm" aria-label="Clear the search" onClick={() => address.setSearch('')} />}
        onChange={(event) => address.setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') address.setSearch('')
          if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
          event.preventDefault()
          onDown()
        }}
      />
      <Select
        className={classes.choice ?? ''} aria-label="Presence" placeholder="Any presence" clearable value={filter.status}
        data={statuses.map((status) => ({ value: status, label: `${connectionStatusWords(status).label} (${formatNumber(counts[status])})` }))}
        onChange={(status) => address.setStatus(status)}
      />
      <Select
        className={classes.choice ?? ''} aria-label="Make" placeholder="Any make" clearable searchable nothingFoundMessage="No such make"
        value={filter.make} data={filter.make === null || makes.includes(filter.make) ? makes : [filter.make, ...makes]}
        onChange={(make) => address.setMake(make)}
      />
    </div>
  )
}
