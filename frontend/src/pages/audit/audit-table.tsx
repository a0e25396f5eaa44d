import { Table, UnstyledButton } from '@mantine/core'
import { IconBan, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import type { AuditEntry } from '@/api/queries/audit'
import { commandListQuery } from '@/api/queries/commands'
import { everyUserQuery } from '@/api/queries/users'
import { vehicleListQuery } from '@/api/queries/vehicles'
import { objectOf, textOf } from '@/domain/answers-read'
import { actWords, auditResult, auditSummary } from '@/domain/audit-words'
import classes from '@/ui/filters.module.css'
import { Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import own from './audit.module.css'

export function ResultBadge({ entry }: { readonly entry: AuditEntry }) {
  const { tone, label } = auditResult(entry)
  const icon = entry.outcome === 'refused' ? IconBan : tone === 'neutral' ? IconCheck : null
  return <ToneBadge tone={tone} {...(icon !== null && { icon })}>{label}</ToneBadge>
}

export function actorWords({ actor_type, actor_name, actor_id }: AuditEntry): string {
  const name = actor_name ?? actor_id
  if (actor_type === 'user') return name ?? 'not signed in'
  return name === null ? actor_type : `${actor_type} ${name}`
}

/** What the entry is about, by a name that people know it by where there is one. */
export function objectWords({ object_type: type, object_id: id, details }: AuditEntry, names: ReadonlyMap<string, string>): string {
  if (type === null) return '–'
  const name = (id === null ? undefined : names.get(id)) ?? textOf(details.command_name) ?? textOf(objectOf(details.after ?? details.before)?.vin)
  return name ?? `${type} ${id?.slice(0, 8) ?? ''}`.trim()
}

/** Names of vehicles, users and recent commands, and of the commands that the list itself tells of. */
export function useObjectNames(entries: readonly AuditEntry[]): ReadonlyMap<string, string> {
  const api = useApi()
  const vehicles = useQuery({ ...vehicleListQuery(api, { limit: 200 }), staleTime: 5 * 60_000 })
  const users = useQuery(everyUserQuery(api))
  const commands = useQuery({ ...commandListQuery(api, { limit: 200 }), staleTime: 60_000 })
  const names = new Map<string, string>()
  for (const { command_id: id, command_name: name } of commands.data?.items ?? []) names.set(id, `${name} ${id.slice(0, 8)}`)
  for (const { object_id: id, details } of entries) {
    const command = textOf(details.command_name)
    if (id !== null && command !== null) names.set(id, `${command} ${id.slice(0, 8)}`)
  }
  for (const { vehicle_id: id, vin } of vehicles.data?.items ?? []) names.set(id, vin)
  for (const { user_id: id, username } of users.data ?? []) names.set(id, username)
  return names
}

interface AuditTableProps {
  readonly entries: readonly AuditEntry[]
  readonly onOpen: (entryId: number) => void
}

export function AuditTable({ entries, onOpen }: AuditTableProps) {
  const names = useObjectNames(entries)
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Audit entries, newest first">
      <Table miw={680}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th className={own.when ?? ''}>When</Table.Th>
            <Table.Th>Action</Table.Th>
            <Table.Th className={own.result ?? ''}>Result</Table.Th>
            <Table.Th className={own.about ?? ''}>About</Table.Th>
            <Table.Th className={own.who ?? ''}>By</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.entry_id} className={own.row ?? ''}>
              <Table.Td className={own.when ?? ''}><Moment at={entry.occurred_at} /></Table.Td>
              <Table.Td>
                <UnstyledButton className={own.open ?? ''} onClick={() => onOpen(entry.entry_id)}>{actWords(entry)}</UnstyledButton>
                <div className={own.summary}>{auditSummary(entry.details, names)}</div>
              </Table.Td>
              <Table.Td><ResultBadge entry={entry} /></Table.Td>
              <Table.Td className={own.object ?? ''} title={entry.object_id ?? undefined}>{objectWords(entry, names)}</Table.Td>
              <Table.Td>
                {actorWords(entry)}
                {entry.ip_address !== null && <div className={own.dimmed}>from {entry.ip_address}</div>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
