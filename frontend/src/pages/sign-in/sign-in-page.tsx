import { Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { SignInForm } from '@/ui/sign-in-form'
import classes from './sign-in-page.module.css'

export default function SignInPage() {
  const place = useRef<HTMLElement>(null)
  useDocumentTitle('Sign in · SOVD Command')
  // There is nothing else to do here: one types at once.
  useEffect(() => place.current?.querySelector('input')?.focus(), [])
  return (
    <main ref={place} className={classes.place}>
      <div className={classes.card}>
        <div>
          <Title order={1}>SOVD Command</Title>
          <Text c="dimmed">Send diagnostic commands to vehicles and watch the answers arrive.</Text>
        </div>
        <SignInForm />
        <Text size="sm" c="dimmed">No account? An administrator of this server can make one.</Text>
      </div>
    </main>
  )
}
