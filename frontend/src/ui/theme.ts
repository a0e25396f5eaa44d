/**
 * The look: calm, dense enough for engineers, AA contrast in both schemes.
 *
 * The content security policy refuses <style> elements made while the page runs, so the variables of this theme are
 * written to theme-variables.css by `npm run theme`; theme.test.tsx fails where the two differ.
 */
import { createTheme, type CSSVariablesResolver } from '@mantine/core'

const rem = (pixels: number) => `${String(pixels / 16)}rem`

/** The cross in the corner has a name for those who do not see it. */
const closeButtonProps = { 'aria-label': 'Close' }

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  // Greys with a little blue, as the light scheme has them.
  colors: {
    dark: ['#dfe4ea', '#b6bfc9', '#8b96a2', '#6b7682', '#3b434c', '#2f363d', '#22272d', '#1c2025', '#16191d', '#101316'],
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: rem(12), sm: rem(13), md: rem(14), lg: rem(16), xl: rem(18) },
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(20), xl: rem(28) },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: rem(22), lineHeight: '1.3' },
      h2: { fontSize: rem(17), lineHeight: '1.35' },
      h3: { fontSize: rem(15), lineHeight: '1.4' },
      h4: { fontSize: rem(14), lineHeight: '1.45' },
    },
  },
  components: {
    // react-remove-scroll locks the page with a <style> element, which the policy refuses: the page below may scroll.
    Modal: { defaultProps: { lockScroll: false, centered: true, closeButtonProps } },
    Drawer: { defaultProps: { lockScroll: false, closeButtonProps } },
    Spotlight: { defaultProps: { lockScroll: false } },
    Button: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } } },
    Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: 'sm' } },
    ScrollArea: { defaultProps: { type: 'auto' } },
  },
})

/** Colours of Mantine whose default fails WCAG AA (4.5:1 for text), darker in light and lighter in dark. */
export const themeVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfcfd',
    '--mantine-color-text': '#1b2430',
    '--mantine-color-dimmed': '#52606d',
    '--mantine-color-placeholder': '#68747f',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#1862a8',
    '--mantine-color-default-border': '#cbd3db',
    '--mantine-color-blue-light-color': '#0b5394',
    '--mantine-color-green-light-color': '#1e6b34',
    '--mantine-color-yellow-light-color': '#7a4b00',
    '--mantine-color-orange-light-color': '#8a3b00',
    '--mantine-color-red-light-color': '#a61b1b',
    '--mantine-color-gray-light-color': '#414d59',
    '--mantine-color-red-filled': '#b42318',
    '--mantine-color-red-filled-hover': '#931c13',
    '--mantine-color-green-filled': '#1e7a3b',
    '--mantine-color-orange-filled': '#a84a00',
  },
  dark: {
    '--mantine-color-body': '#16191d',
    '--mantine-color-text': '#dfe4ea',
    '--mantine-color-dimmed': '#a3adb8',
    '--mantine-color-placeholder': '#929ca7',
    '--mantine-color-error': '#ff9a92',
    '--mantine-color-anchor': '#7cbcf5',
    '--mantine-color-default': '#1f2429',
    '--mantine-color-default-hover': '#272d33',
    '--mantine-color-default-border': '#3b434c',
    '--mantine-color-red-filled': '#b42318',
    '--mantine-color-red-filled-hover': '#cf3a2e',
    '--mantine-color-green-filled': '#1e7a3b',
    '--mantine-color-orange-filled': '#a84a00',
    '--mantine-color-red-light-color': '#ffb1ab',
    '--mantine-color-gray-light-color': '#ccd3da',
  },
})
