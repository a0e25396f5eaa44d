import { Table, UnstyledButton } from '@mantine/core'
import { IconBan, IconCheck } from '@tabler/icons-react'
import type { Account } from '@/api/queries/users'
import { formatCount } from '@/domain/durations'
import { useUser } from '@/session/session-context'
import classes from '@/ui/filters.module.css'
import { Moment } from '@/ui/moments'
import { ToneBadge } from '@/ui/status-badge'
import own from './users.module.css'

interface UsersTableProps {
  readonly accounts: readonly Account[]
  readonly onOpen: (userId: string) => void
}

export function scopeWords(ids: Account['vehicle_ids']): string {
  if (ids === null) return 'the whole fleet'
  return ids.length === 0 ? 'no vehicle' : formatCount(ids.length, 'vehicle')
}

export function UsersTable({ accounts, onOpen }: UsersTableProps) {
  const me = useUser()
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Users, by name">
      <Table miw={680}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>E-mail</Table.Th>
            <Table.Th w={110}>Role</Table.Th>
            <Table.Th w={130}>May see</Table.Th>
            <Table.Th w={120}>Account</Table.Th>
            <Table.Th className={own.created ?? ''}>Created</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {accounts.map((account) => (
            <Table.Tr key={account.user_id} className={own.row ?? ''}>
              <Table.Td>
                <UnstyledButton className={own.open ?? ''} onClick={() => onOpen(account.user_id)}>{account.username}</UnstyledButton>
                {account.user_id === me.user_id && <span className={own.dimmed}> (you)</span>}
              </Table.Td>
              <Table.Td className={account.email === null ? own.dimmed ?? '' : ''}>{account.email ?? 'none'}</Table.Td>
              <Table.Td>{account.role}</Table.Td>
              <Table.Td>{scopeWords(account.vehicle_ids)}</Table.Td>
              <Table.Td>
                {account.is_active ? <ToneBadge tone="good" icon={IconCheck}>Active</ToneBadge> : <ToneBadge tone="neutral" icon={IconBan} hint="Nobody can sign in with it.">Off</ToneBadge>}
              </Table.Td>
              <Table.Td className={own.created ?? ''}><Moment at={account.created_at} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
