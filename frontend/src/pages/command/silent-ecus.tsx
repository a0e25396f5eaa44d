import type { SilentEcu } from '@/domain/answers-items'
import { formatCount } from '@/domain/durations'
import layout from '@/ui/layout.module.css'
import { ToneBadge } from '@/ui/status-badge'
import classes from './command.module.css'

/** The control units that were asked and did not answer: what is missing is part of the answer. */
export function SilentEcus({ ecus }: { readonly ecus: readonly SilentEcu[] }) {
  return (
    <section className={layout.card} aria-labelledby="silent-title">
      <h2 id="silent-title" className={classes.title}>
        Did not answer <ToneBadge tone="warning">{formatCount(ecus.length, 'control unit')}</ToneBadge>
      </h2>
      <dl className={classes.facts}>
        {ecus.map(({ ecu, reason }) => <div key={ecu}><dt>{ecu}</dt><dd>{reason}</dd></div>)}
      </dl>
      <p className={classes.dim}>What these control units hold is not in this answer. Check that they have power, then send the command again.</p>
    </section>
  )
}
