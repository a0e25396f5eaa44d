/** Lines that differ by colour and by dash: told apart without seeing colours. All reach 3:1 on their ground. */
const light = ['#0b62ad', '#a84a00', '#1e7a3b', '#8a2f9e', '#b42318', '#00707a', '#7a5a00', '#4b4fc4']
const dark = ['#6cb6ff', '#f0a05a', '#6fd08c', '#d695e8', '#ff8f87', '#5ed0d8', '#e0c060', '#a5a8ff']

export function chartColours(isDark: boolean): readonly string[] {
  return isDark ? dark : light
}

export const dashes: readonly (readonly number[] | undefined)[] = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]]
