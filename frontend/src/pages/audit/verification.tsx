import { Button, Code, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { verifyAudit, type Verification, type VerificationAsked } from '@/api/queries/audit'
import { formatCount } from '@/domain/durations'
import { ApiProblem, problemText } from '@/domain/problems'
import { CopyIcon } from '@/ui/copy-button'
import layout from '@/ui/layout.module.css'
import { ToneBadge } from '@/ui/status-badge'
import classes from './audit.module.css'

/** Checks the chain of digests: asked for, never by itself, because the server reads the whole trail. */
export function VerificationCard() {
  const api = useApi()
  const [wantsHead, setWantsHead] = useState(false)
  const verify = useMutation({ mutationFn: (asked: VerificationAsked) => verifyAudit(api, asked) })
  return (
    <section className={layout.card} aria-labelledby="verification">
      <Group justify="space-between" gap="sm">
        <div>
          <Title order={2} id="verification">Is the trail intact?</Title>
          <Text c="dimmed" size="sm">Each entry is sealed with the one before it. A check finds entries that were changed, removed or put in.</Text>
        </div>
        <Group gap="xs">
          <Button variant="subtle" aria-expanded={wantsHead} onClick={() => setWantsHead(!wantsHead)}>Compare with a noted head</Button>
          <Button leftSection={<IconShieldCheck size={16} aria-hidden />} loading={verify.isPending} onClick={() => verify.mutate({})}>Check now</Button>
        </Group>
      </Group>
      {wantsHead && <HeadForm onCheck={(asked) => verify.mutate(asked)} isBusy={verify.isPending} error={verify.error} />}
      <div role="status">
        {verify.data !== undefined && <Result result={verify.data} withHead={Object.keys(verify.variables).length > 0} />}
        {verify.isError && <Text c="red" mt="sm">The check did not run: {problemText(verify.error)}</Text>}
      </div>
    </section>
  )
}

interface HeadFormProps {
  readonly onCheck: (asked: VerificationAsked) => void
  readonly isBusy: boolean
  readonly error: unknown
}

function HeadForm({ onCheck, isBusy, error }: HeadFormProps) {
  const [position, setPosition] = useState<number | string>('')
  const [digest, setDigest] = useState('')
  const said = (name: string) => (error instanceof ApiProblem ? error.fieldMessage(`/${name}`) : null)
  return (
    <form
      aria-label="Noted head"
      onSubmit={(event) => {
        event.preventDefault()
        onCheck({ expected_position: Number(position), expected_digest: digest.trim().toLowerCase() })
      }}
    >
      <Group gap="xs" align="flex-end" mt="sm">
        <NumberInput label="Position" required min={1} allowDecimal={false} hideControls w={130} value={position} onChange={setPosition} error={said('expected_position')} />
        <TextInput
          label="Digest" required pattern="\s*[0-9a-fA-F]{64}\s*" title="64 hexadecimal digits" flex={1} miw={280} value={digest}
          onChange={(event) => setDigest(event.currentTarget.value)} error={said('expected_digest')}
        />
        <Button type="submit" variant="default" loading={isBusy}>Check against it</Button>
      </Group>
    </form>
  )
}

function Result({ result, withHead }: { readonly result: Verification; readonly withHead: boolean }) {
  const { intact, checked, unsealed, head, first_bad: bad } = result
  return (
    <Stack gap="xs" mt="sm">
      <Group gap="xs">
        <ToneBadge tone={intact ? 'good' : 'bad'}>{intact ? 'Intact' : 'Not intact'}</ToneBadge>
        <span>
          {formatCount(checked, 'entry', 'entries')} found good
          {unsealed > 0 && `, ${formatCount(unsealed, 'entry', 'entries')} not sealed yet: they are sealed within seconds`}
          {intact && withHead && '; the noted head is part of the chain'}.
        </span>
      </Group>
      {bad !== null && (
        <Stack gap={4} role="alert">
          <Text fw={600}>
            {bad.message} (position {bad.position}{bad.entry_id === null ? '' : `, entry ${String(bad.entry_id)}`})
          </Text>
          <Text>What to do now:</Text>
          <ol>
            <li>Change nothing, and tell the person who is responsible for security: somebody may have written into the database past this service.</li>
            <li>Choose “Export all” above and keep the file as evidence. Make a copy of the database as it is.</li>
            <li>Compare with the last backup and with the heads that were noted: everything before position {bad.position} is as it was sealed.</li>
            <li>Find out who could write to the database since then; change its passwords.</li>
          </ol>
        </Stack>
      )}
      <div>
        <Text size="sm" c="dimmed">Head of the chain. Note it in another place: only that shows later whether the end was cut off.</Text>
        <Group gap="xs" wrap="nowrap">
          <span className={classes.digest}>{head.position} · <Code>{head.chain_digest}</Code></span>
          <CopyIcon value={`${String(head.position)} ${head.chain_digest}`} what="head" />
        </Group>
      </div>
    </Stack>
  )
}
