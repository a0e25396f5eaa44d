import { Group, Select, Text } from '@mantine/core'
import type { CommandDefinition } from '@/api/queries/commands'
import { riskWords, type RiskClass } from '@/domain/risk'
import { ToneBadge } from '@/ui/status-badge'
import classes from './send-command.module.css'

interface CommandPickerProps {
  readonly definitions: readonly CommandDefinition[]
  readonly chosen: CommandDefinition | null
  readonly onChange: (name: string) => void
}

export function RiskBadge({ risk }: { readonly risk: RiskClass }) {
  const { label, tone, meaning } = riskWords(risk)
  return <ToneBadge tone={tone} hint={meaning}>{label} ({risk})</ToneBadge>
}

export function CommandPicker({ definitions, chosen, onChange }: CommandPickerProps) {
  const item = ({ name, title }: CommandDefinition) => ({ value: name, label: `${title} (${name})` })
  const byName = new Map(definitions.map((definition) => [definition.name, definition]))
  return (
    <Select
      label="Command" placeholder="Choose what to do" searchable allowDeselect={false} maxDropdownHeight={420}
      nothingFoundMessage="No such command" comboboxProps={{ withinPortal: true }}
      description={chosen?.description ?? 'Type to search; each says what it does and how risky it is.'}
      data={[
        { group: 'Reads', items: definitions.filter(({ may_change_vehicle: changes }) => !changes).map(item) },
        { group: 'Changes the vehicle', items: definitions.filter(({ may_change_vehicle: changes }) => changes).map(item) },
      ]}
      value={chosen?.name ?? null} onChange={(name) => name !== null && onChange(name)}
      renderOption={({ option }) => {
        const definition = byName.get(option.value)
        return definition === undefined ? option.label : (
          <div className={classes.option}>
            <Group gap="xs" justify="space-between" wrap="nowrap">
              <span><b>{definition.title}</b> <Text span size="xs" c="dimmed">{definition.name}</Text></span>
              <ToneBadge tone={riskWords(definition.risk).tone}>{riskWords(definition.risk).label}</ToneBadge>
            </Group>
            <Text size="xs" c="dimmed">{definition.description}</Text>
          </div>
        )
      }}
    />
  )
}
