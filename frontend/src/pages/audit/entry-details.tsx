import { Button, Drawer, Group, Stack, Table, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { AuditEntry } from '@/api/queries/audit'
import { actWords, changesOf, otherDetails } from '@/domain/audit-words'
import { CopyIcon } from '@/ui/copy-button'
import { Moment } from '@/ui/moments'
import { useReturnFocus } from '@/ui/return-focus'
import classes from './audit.module.css'
import { actorWords, ResultBadge } from './audit-table'

interface EntryDetailsProps {
  readonly entryId: string
  /** Undefined where the list does not hold it. */
  readonly entry: AuditEntry | undefined
  readonly onClose: () => void
  readonly onShowObject: (objectId: string) => void
}

export function EntryDetails({ entryId, entry, onClose, onShowObject }: EntryDetailsProps) {
  useReturnFocus()
  return (
    <Drawer
      opened onClose={onClose} position="right" size="lg" title={`Entry ${entryId}`}
      closeButtonProps={{ 'aria-label': 'Close the entry' }}
    >
      {entry === undefined
        ? <Text>This entry is not in the list below. Clear the filters, or load more, to see it.</Text>
        : <Entry entry={entry} onShowObject={onShowObject} />}
    </Drawer>
  )
}

function Entry({ entry, onShowObject }: { readonly entry: AuditEntry; readonly onShowObject: (objectId: string) => void }) {
  const { object_id: objectId, object_type: objectType } = entry
  return (
    <Stack>
      <Group gap="sm"><Title order={2}>{actWords(entry)}</Title><ResultBadge entry={entry} /></Group>
      <dl className={classes.facts}>
        <dt>When</dt><dd><Moment at={entry.occurred_at} milliseconds /></dd>
        <dt>By</dt><dd>{actorWords(entry)}{entry.ip_address !== null && `, from ${entry.ip_address}`}</dd>
        <dt>Action</dt><dd><code>{entry.action}</code></dd>
        {objectId !== null && <><dt>About</dt><dd>{objectType} <code>{objectId}</code> <CopyIcon value={objectId} what="number" /></dd></>}
        {entry.correlation_id !== null && <><dt>Number for the logs</dt><dd><code>{entry.correlation_id}</code> <CopyIcon value={entry.correlation_id} what="number for the logs" /></dd></>}
      </dl>
      {objectId !== null && (
        <Group gap="xs">
          <ObjectLink type={objectType} id={objectId} />
          <Button size="compact-sm" variant="default" onClick={() => onShowObject(objectId)}>All entries about it</Button>
        </Group>
      )}
      <Changes details={entry.details} />
      <Others details={entry.details} />
    </Stack>
  )
}

function ObjectLink({ type, id }: { readonly type: string | null; readonly id: string }) {
  const look = { size: 'compact-sm', variant: 'default' } as const
  if (type === 'command') return <Button {...look} renderRoot={(props) => <Link to="/commands/$commandId" params={{ commandId: id }} search={{}} {...props} />}>Open the command</Button>
  if (type === 'vehicle') return <Button {...look} renderRoot={(props) => <Link to="/vehicles/$vehicleId" params={{ vehicleId: id }} search={{}} {...props} />}>Open the vehicle</Button>
  if (type === 'user') return <Button {...look} renderRoot={(props) => <Link to="/users" search={{ user: id }} {...props} />}>Open the user</Button>
  return null
}

function Changes({ details }: { readonly details: Record<string, unknown> }) {
  const changes = changesOf(details)
  if (changes.length === 0) return null
  return (
    <section aria-label="Before and after">
      <Title order={3}>Before and after</Title>
      <Table>
        <Table.Thead><Table.Tr><Table.Th>Field</Table.Th><Table.Th>Before</Table.Th><Table.Th>After</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {changes.map(({ field, before, after, isChanged }) => (
            <Table.Tr key={field}>
              <Table.Td>{field}</Table.Td>
              <Table.Td>{before}</Table.Td>
              <Table.Td className={isChanged ? classes.changed ?? '' : ''}>{after}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

function Others({ details }: { readonly details: Record<string, unknown> }) {
  const others = otherDetails(details)
  if (others.length === 0) return null
  return (
    <section aria-label="Details">
      <Title order={3}>Details</Title>
      <dl className={classes.facts}>
        {others.map(({ name, text, isLong }) => (
          <div key={name} style={{ display: 'contents' }}><dt>{name}</dt><dd>{isLong ? <pre>{text}</pre> : text}</dd></div>
        ))}
      </dl>
    </section>
  )
}
