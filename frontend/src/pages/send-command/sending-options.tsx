import { Fieldset, Text, TextInput, Textarea } from '@mantine/core'
import type { CommandDefinition } from '@/api/queries/commands'
import { formatDuration } from '@/domain/durations'
import { sentence } from '@/domain/schema-form-check'
import type { SendDraft } from './use-send-draft'
import classes from './send-command.module.css'

interface SendingOptionsProps {
  readonly definition: CommandDefinition
  readonly draft: SendDraft
}

/** Reason, expiry and timeout, in plain words. */
export function SendingOptions({ definition, draft }: SendingOptionsProps) {
  const { options, optionProblems, needsReason } = draft
  return (
    <>
      <Textarea
        label="Reason" withAsterisk={needsReason} autosize minRows={1} maxRows={4} maxLength={1000}
        description={needsReason ? 'Why it is sent. This command needs one; it is kept in the audit trail.' : 'Why it is sent, if it is worth knowing later. It is kept in the audit trail.'}
        placeholder="Example: engine light is on" data-field="reason"
        value={options.reason} onChange={(event) => draft.changeOptions({ reason: event.currentTarget.value })} error={sentence(optionProblems.reason)}
      />
      <details>
        <summary>How long it may wait and run</summary>
        <Fieldset mt="xs" variant="unstyled" aria-label="How long it may wait and run" className={classes.row}>
          <TextInput
            label="Do not start it later than" description="Counted from sending. Then it expires, and nothing is sent to the vehicle."
            placeholder={`Left empty: ${formatDuration(definition.default_expires_in_s * 1000)}`} data-field="expiry"
            value={options.expiry} onChange={(event) => draft.changeOptions({ expiry: event.currentTarget.value })} error={sentence(optionProblems.expiry)}
          />
          <TextInput
            label="Stop it when it runs longer than" description="Counted from its start in the vehicle, until the whole answer is there."
            placeholder={`Left empty: ${formatDuration(definition.default_timeout_s * 1000)}, or as long as it needs`} data-field="timeout"
            value={options.timeout} onChange={(event) => draft.changeOptions({ timeout: event.currentTarget.value })} error={sentence(optionProblems.timeout)}
          />
        </Fieldset>
        <Text size="sm" c="dimmed" mt={4}>Write a number and s, min, h or d: 90 s, 15 min, 2 h.</Text>
      </details>
    </>
  )
}
