import { Button, type ButtonProps } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { roleReaches, type Role } from '@/domain/roles'
import type { SendSearch } from '@/domain/search-params'
import { useUser } from '@/session/session-context'

interface SendLinkProps extends ButtonProps {
  readonly vehicleId: string
  readonly command?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly needs?: Role
  readonly children: ReactNode
}

/** Opens the form of a command with this vehicle as its target; nothing is sent by it. Not shown to those who may not send. */
export function SendLink({ vehicleId, command, params, needs = 'engineer', children, ...look }: SendLinkProps) {
  const { role } = useUser()
  if (!roleReaches(role, needs)) return null
  const search: SendSearch = {
    vehicles: vehicleId,
    ...(command !== undefined && { command }),
    ...(params !== undefined && Object.keys(params).length > 0 && { params: JSON.stringify(params) }),
  }
  return (
    <Button variant="default" size="compact-sm" {...look} renderRoot={(props: object) => <Link {...props} to="/send" search={search} preload={false} />}>
      {children}
    </Button>
  )
}
