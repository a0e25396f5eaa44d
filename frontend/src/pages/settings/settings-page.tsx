import { SegmentedControl, Select, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'
import { formatMoment } from '@/domain/moments'
import { setZone, useZone } from '@/session/preferences'
import { useNow } from '@/ui/ticking'
import { PageFrame } from '@/ui/page-frame'
import layout from '@/ui/layout.module.css'
import { PasswordForm } from './password-form'
import { Sessions } from './sessions'

const zones = [{ value: 'local', label: 'This computer' }, { value: 'UTC', label: 'UTC' }, ...Intl.supportedValuesOf('timeZone')
  .filter((zone) => zone !== 'UTC')
  .map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))]

function Look() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <section className={layout.card} aria-labelledby="look">
      <Stack gap="sm" align="flex-start">
        <Title order={2} id="look">Look</Title>
        <SegmentedControl
          aria-label="Colours"
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
          data={[{ value: 'auto', label: 'Like the system' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]}
        />
      </Stack>
    </section>
  )
}

function Zone() {
  const zone = useZone()
  const now = new Date(useNow()).toISOString()
  return (
    <section className={layout.card} aria-labelledby="zone">
      <Stack gap="sm" align="flex-start">
        <Title order={2} id="zone">Time zone</Title>
        <Select
          label="Show times in" searchable allowDeselect={false} w={320} nothingFoundMessage="No such zone"
          data={zones} value={zone} onChange={(value) => setZone(value ?? 'local')}
        />
        <Text c="dimmed" size="sm">Now it is {formatMoment(now, zone)}. Kept in this browser.</Text>
      </Stack>
    </section>
  )
}

export function SettingsPage() {
  return (
    <PageFrame title="Settings">
      <div className={layout.columns2}>
        <Look />
        <Zone />
      </div>
      <Sessions />
      <PasswordForm />
    </PageFrame>
  )
}
