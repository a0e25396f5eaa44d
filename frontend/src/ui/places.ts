import { roleReaches, type Role } from '@/domain/roles'

export type PlacePath = '/vehicles' | '/send' | '/commands' | '/audit' | '/users' | '/settings'

export interface Place {
  readonly to: PlacePath
  readonly label: string
  readonly description: string
  readonly needs: Role
  /** Second key after `G`. */
  readonly key: string
}

const all: readonly Place[] = [
  { to: '/vehicles', label: 'Fleet', description: 'All vehicles and whether they answer', needs: 'viewer', key: 'F' },
  { to: '/send', label: 'Send', description: 'Send a command to one or many vehicles', needs: 'engineer', key: 'S' },
  { to: '/commands', label: 'History', description: 'All commands and their answers', needs: 'viewer', key: 'H' },
  { to: '/audit', label: 'Audit', description: 'Who did what', needs: 'admin', key: 'A' },
  { to: '/users', label: 'Users', description: 'Accounts, roles and sessions', needs: 'admin', key: 'U' },
  { to: '/settings', label: 'Settings', description: 'Look, time zone, own sessions', needs: 'viewer', key: 'E' },
]

/** The main places of the page that a role may open. */
export function places(role: Role): readonly Place[] {
  return all.filter(({ needs }) => roleReaches(role, needs))
}
