/** How a vehicle is named everywhere it matters which one it is. */
import { splitVin, vehicleColour } from '@/domain/vehicle-identity'
import classes from './vehicle-target.module.css'

/** The VIN with its last six characters, those that people compare, standing out. */
export function VinText({ vin }: { readonly vin: string }) {
  const [start, serial] = splitVin(vin)
  return <span className={classes.vin} translate="no">{start}<b>{serial}</b></span>
}

interface VehicleMarkProps {
  readonly vin: string
  /** Says the colour in words too. */
  readonly named?: boolean
}

/** The vehicle's two colours, always the same for its VIN. Only a help for the eye: the VIN counts. */
export function VehicleMark({ vin, named = false }: VehicleMarkProps) {
  const { name, css, second } = vehicleColour(vin)
  return (
    <span className={classes.mark}>
      <span className={classes.swatch} style={{ background: `linear-gradient(135deg, ${css} 56%, ${second} 56%)` }} aria-hidden />
      {named && <span className={classes.colourName}>{name}</span>}
    </span>
  )
}
