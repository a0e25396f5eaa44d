/** What a role may do, only to show or hide; the server decides (design, promise 7). */
import type { components } from '@/contracts/openapi'

export type Role = components['schemas']['Role']

const rank: Record<Role, number> = { viewer: 0, engineer: 1, admin: 2 }

export function roleReaches(role: Role, needed: Role): boolean {
  return rank[role] >= rank[needed]
}
