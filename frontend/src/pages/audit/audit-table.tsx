import { Table, UnstyledButton } from '@mantine/core'
import { IconBan, IconCheck } from '@tabler/icons-react'
import type { AuditEntry } from '@/api/queries/audit'
import { actionWords } from '@/domain/audit-words'
import classes from '@/ui/filters.module.css'
import { Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import own from './audit.module.css'

export function OutcomeBadge({ outcome }: { readonly outcome: AuditEntry['outcome'] }) {
  return outcome === 'success'
    ? <ToneBadge tone="neutral" icon={IconCheck}>Done</ToneBadge>
    : <ToneBadge tone="warning" icon={IconBan}>Refused</ToneBadge>
}

export function actorWords({ actor_type, actor_name, actor_id }: AuditEntry): string {
  const name = actor_name ?? actor_id
  if (actor_type === 'user') return name ?? 'not signed in'
  return name === null ? actor_type : `${actor_type} ${name}`
}

interface AuditTableProps {
  readonly entries: readonly AuditEntry[]
  readonly onOpen: (entryId: number) => void
}

export function AuditTable({ entries, onOpen }: AuditTableProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Audit entries, newest first">
      <Table miw={820}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={190}>When</Table.Th>
            <Table.Th>Action</Table.Th>
            <Table.Th w={110}>Result</Table.Th>
            <Table.Th w={170}>By</Table.Th>
            <Table.Th w={180}>About</Table.Th>
            <Table.Th w={120}>From</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.entry_id} className={own.row ?? ''}>
              <Table.Td className={classes.nowrap ?? ''}><Moment at={entry.occurred_at} /></Table.Td>
              <Table.Td>
                <UnstyledButton className={own.open ?? ''} onClick={() => onOpen(entry.entry_id)}>{actionWords(entry.action)}</UnstyledButton>
              </Table.Td>
              <Table.Td><OutcomeBadge outcome={entry.outcome} /></Table.Td>
              <Table.Td>{actorWords(entry)}</Table.Td>
              <Table.Td title={entry.object_id ?? undefined}>
                {entry.object_type === null ? '–' : `${entry.object_type} ${entry.object_id?.slice(0, 8) ?? ''}`}
              </Table.Td>
              <Table.Td className={classes.nowrap ?? ''}>{entry.ip_address ?? '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
