import { Button, type ButtonProps } from '@mantine/core'
import { IconUser } from '@tabler/icons-react'
import type { ComponentPropsWithRef } from 'react'

type UserButtonProps = { readonly username: string } & ButtonProps & Omit<ComponentPropsWithRef<'button'>, keyof ButtonProps>

/** Opens the user menu; stands in its place while the menu loads, so that the header does not move. */
export function UserButton({ username, ...rest }: UserButtonProps) {
  return (
    <Button variant="subtle" color="gray" size="compact-sm" leftSection={<IconUser size={16} aria-hidden />} {...rest}>
      {username}
    </Button>
  )
}
