import { Group, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import classes from './page-frame.module.css'

interface PageFrameProps {
  readonly title: string
  /** Beside the title: badges, copy buttons. */
  readonly beside?: ReactNode
  /** At the right: the page's main actions. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Every page: one h1, which is also the title of the browser's tab. */
export function PageFrame({ title, beside, actions, children }: PageFrameProps) {
  useDocumentTitle(`${title} · SOVD Command`)
  return (
    <div className={classes.page}>
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={1}>{title}</Title>
          {beside}
        </Group>
        <Group gap="xs" className="no-print">{actions}</Group>
      </Group>
      {children}
    </div>
  )
}
