import { Button, Group, Text } from '@mantine/core'
import { formatCount } from '@/domain/durations'

interface LoadMoreProps {
  readonly shown: number
  readonly total: number
  readonly noun: string
  readonly plural?: string
  readonly loading: boolean
  /** null where no more may be loaded at once. */
  readonly onMore: (() => void) | null
}

/** Below a list: how much of it is shown, and the way to the rest. */
export function LoadMore({ shown, total, noun, plural = `${noun}s`, loading, onMore }: LoadMoreProps) {
  const rest = total - shown
  return (
    <Group gap="sm" justify="center">
      <Text c="dimmed" size="sm" role="status">
        {rest > 0 ? `${String(shown)} of ${formatCount(total, noun, plural)} shown` : `All ${formatCount(total, noun, plural)} shown`}
      </Text>
      {rest > 0 && onMore !== null && <Button variant="default" size="compact-sm" loading={loading} onClick={onMore}>Load more</Button>}
      {rest > 0 && onMore === null && <Text size="sm">Narrow the filters to see older ones.</Text>}
    </Group>
  )
}
