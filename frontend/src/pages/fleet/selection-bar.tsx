import { Button, Text } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Vehicle } from '@/api/queries/vehicles'
import { formatCount } from '@/domain/durations'
import { roleReaches } from '@/domain/roles'
import { useUser } from '@/session/session-context'
import classes from './fleet.module.css'

/** As many ids as an address line can carry through every proxy. */
const MOST = 100

interface SelectionBarProps {
  readonly ids: ReadonlySet<string>
  /** The rows that search and filters leave. */
  readonly shown: readonly Vehicle[]
  readonly onClear: () => void
}

/** What can be done with the ticked vehicles. It lies over the end of the table, so that nothing jumps. */
export function SelectionBar({ ids, shown, onClear }: SelectionBarProps) {
  const { role } = useUser()
  const maySend = roleReaches(role, 'engineer')
  if (ids.size === 0) return null
  const hidden = ids.size - shown.filter(({ vehicle_id }) => ids.has(vehicle_id)).length
  return (
    <div className={classes.bar} role="region" aria-label="Selection">
      <Text fw={600} role="status">{formatCount(ids.size, 'vehicle')} selected</Text>
      {hidden > 0 && <Text size="sm" className={classes.late ?? ''}>{hidden} of them not shown by the search</Text>}
      {maySend && ids.size <= MOST && (
        <Button
          size="compact-sm" leftSection={<IconSend size={14} aria-hidden />}
          renderRoot={(props: object) => <Link {...props} to="/send" search={{ vehicles: [...ids].join(',') }} />}
        >
          Send a command to {ids.size === 1 ? 'it' : 'them'}
        </Button>
      )}
      {maySend && ids.size > MOST && <Text size="sm">At most {MOST} at once: select fewer to send a command.</Text>}
      {!maySend && <Text size="sm">Your role ({role}) may look, not send. Ask an administrator for the role engineer.</Text>}
      <Button size="compact-sm" variant="subtle" color="gray" onClick={onClear}>Clear selection</Button>
    </div>
  )
}
