import { previewLines } from '@/domain/command-preview'
import { problemText } from '@/domain/problems'
import { sentence } from '@/domain/schema-form-check'
import type { PreviewState } from './use-preview'
import classes from './send-command.module.css'

/** The bytes before they leave. Its room is always the same: what is known late must not move the button under the pointer. */
export function PreviewBox({ state }: { readonly state: PreviewState | null }) {
  if (state === null) return null
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section className={classes.preview} aria-label="What will be sent" tabIndex={0}>
      <p className={classes.previewTitle}>{titleOf(state)}</p>
      <Content state={state} />
    </section>
  )
}

function titleOf(state: PreviewState): string {
  if (state.kind === 'wrong') return 'This cannot be sent'
  return state.kind === 'known' && state.preview.requests.length > 0 ? 'This will be sent' : 'What will be sent'
}

function Content({ state }: { readonly state: PreviewState }) {
  switch (state.kind) {
    case 'incomplete':
      return <p className={classes.previewNote}>The bytes are shown here when the parameters are complete.</p>
    case 'waiting':
      return <p className={classes.previewNote}>Encoding…</p>
    case 'wrong':
      return state.problems.map(({ pointer, message }) => <p key={pointer}>{sentence(message)}</p>)
    case 'failed':
      return <p className={classes.previewNote}>The bytes cannot be shown now: {problemText(state.error)} Sending is not affected.</p>
    case 'known':
      return (
        <>
          <ol className={classes.previewLines}>
            {previewLines(state.preview).map(({ sent, to, meaning }, index) => (
              // The same bytes may leave twice.
              <li key={index}><code>{sent}</code> to {to} <span className={classes.previewNote}>{meaning}</span></li>
            ))}
          </ol>
          {state.preview.notes.map((note) => <p key={note} className={classes.previewNote}>{note}</p>)}
        </>
      )
  }
}
