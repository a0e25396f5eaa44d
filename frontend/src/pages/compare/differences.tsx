import { SegmentedControl, Table, Title } from '@mantine/core'
import { IconArrowsDiff, IconEqual, IconMinus, IconPlus, type Icon } from '@tabler/icons-react'
import { useState } from 'react'
import type { Comparison, Fate, Group, Item, Pair } from '@/domain/compare'
import { formatCount } from '@/domain/durations'
import type { Tone } from '@/domain/statuses'
import filters from '@/ui/filters.module.css'
import { Empty } from '@/ui/states'
import { ToneBadge } from '@/ui/status-badge'
import classes from './compare.module.css'

// An appeared trouble code is bad news and a value that appeared is not: the colours only tell the fates apart.
const fates: Record<Fate, { label: string; tone: Tone; icon: Icon; meaning: string }> = {
  appeared: { label: 'Appeared', tone: 'busy', icon: IconPlus, meaning: 'Only in the right answer.' },
  disappeared: { label: 'Disappeared', tone: 'neutral', icon: IconMinus, meaning: 'Only in the left answer.' },
  changed: { label: 'Changed', tone: 'warning', icon: IconArrowsDiff, meaning: 'In both answers, and different.' },
  same: { label: 'Same', tone: 'neutral', icon: IconEqual, meaning: 'The same in both answers.' },
}

const headings: Record<Group['name'], string> = {
  troubleCodes: 'Trouble codes',
  identification: 'Identification',
  values: 'Values',
  ecus: 'Control units',
  silentEcus: 'Control units that did not answer',
  result: 'Result',
  others: 'Other parts of the answer',
}

export function Differences({ comparison }: { readonly comparison: Comparison }) {
  const { counts } = comparison
  const differing = counts.appeared + counts.disappeared + counts.changed
  const [shown, setShown] = useState<'differences' | 'all'>('differences')
  if (differing + counts.same === 0) {
    return <Empty title="Nothing to compare">Neither command has answered anything. The page of each command says why.</Empty>
  }
  return (
    <>
      <div className={classes.summary}>
        <div className={classes.counts} role="status">
          {(['appeared', 'disappeared', 'changed', 'same'] as const).map((fate) => (
            <ToneBadge key={fate} tone={fates[fate].tone} icon={fates[fate].icon} hint={fates[fate].meaning}>
              {`${String(counts[fate])} ${fates[fate].label.toLowerCase()}`}
            </ToneBadge>
          ))}
        </div>
        <SegmentedControl
          size="xs" aria-label="What to show" value={shown} onChange={setShown}
          data={[{ value: 'differences', label: 'Differences' }, { value: 'all', label: 'Everything' }]}
        />
      </div>
      {differing === 0 && shown === 'differences'
        ? <Empty title="The answers are the same">{`All ${formatCount(counts.same, 'line')} are equal. Choose “Everything” to see them.`}</Empty>
        : comparison.groups.map((group) => <GroupTable key={group.name} group={group} all={shown === 'all'} />)}
    </>
  )
}

function GroupTable({ group, all }: { readonly group: Group; readonly all: boolean }) {
  const pairs = group.pairs.filter(({ fate }) => all || fate !== 'same')
  const hidden = group.pairs.length - pairs.length
  if (pairs.length === 0) return null
  return (
    <div className={classes.group}>
      <Title order={2}>{headings[group.name]}</Title>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
      <div className={filters.scroll} tabIndex={0} role="region" aria-label={headings[group.name]}>
        <Table miw={640} layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={140}>What happened</Table.Th>
              <Table.Th w="26%">What</Table.Th>
              <Table.Th>Left</Table.Th>
              <Table.Th>Right</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pairs.map((pair) => <PairRow key={pair.key} pair={pair} />)}
          </Table.Tbody>
        </Table>
      </div>
      {hidden > 0 && <div className={filters.line}>{formatCount(hidden, 'line')} the same in both, not shown</div>}
    </div>
  )
}

function PairRow({ pair }: { readonly pair: Pair<Item> }) {
  const { label, tone, icon, meaning } = fates[pair.fate]
  const item = pair.right ?? pair.left
  return (
    <Table.Tr data-fate={pair.fate} className={classes.pair ?? ''}>
      <Table.Td><ToneBadge tone={tone} icon={icon} hint={meaning}>{label}</ToneBadge></Table.Td>
      <Table.Td>
        <b className={classes.title}>{item?.title}</b>
        {item?.detail != null && <div>{item.detail}</div>}
        {item !== null && item.ecu !== '' && item.ecu !== item.title && <div className={classes.model}>{item.ecu}</div>}
      </Table.Td>
      <Table.Td><Parts own={pair.left} other={pair.right} /></Table.Td>
      <Table.Td><Parts own={pair.right} other={pair.left} /></Table.Td>
    </Table.Tr>
  )
}

/** What one side holds; what the other side has otherwise is marked. */
function Parts({ own, other }: { readonly own: Item | null; readonly other: Item | null }) {
  if (own === null) return <span className={classes.absent}>not there</span>
  if (own.parts.length === 0) return <>there</>
  return (
    <ul className={classes.parts}>
      {own.parts.map(({ name, text }) => {
        const isDifferent = other !== null && other.parts.find((part) => part.name === name)?.text !== text
        const words = own.parts.length === 1 && name === 'value' ? text : `${name}: ${text}`
        return <li key={name}>{isDifferent ? <mark className={classes.different}>{words}</mark> : words}</li>
      })}
    </ul>
  )
}
