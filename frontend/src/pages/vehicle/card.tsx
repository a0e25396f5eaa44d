import { Group, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import layout from '@/ui/layout.module.css'
import classes from './vehicle.module.css'

interface CardProps {
  readonly title: string
  /** Beside the title: age, count. */
  readonly beside?: ReactNode
  readonly action?: ReactNode
  readonly children: ReactNode
}

/** One part of the vehicle's page. */
export function Card({ title, beside, action, children }: CardProps) {
  const id = useId()
  return (
    <section className={`${layout.card ?? ''} ${classes.card ?? ''}`} aria-labelledby={id}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs" align="baseline">
          <Title order={2} id={id}>{title}</Title>
          <span className={classes.quiet}>{beside}</span>
        </Group>
        {action}
      </Group>
      {children}
    </section>
  )
}

/** Small place without content: why, and what to do. */
export function Nothing({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className={classes.nothing}>
      <span>{children}</span>
      {action}
    </div>
  )
}
