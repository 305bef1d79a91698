export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What a shell reads to complete the command: it asks `chaoslab complete` each time, a candidate a line. */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `_chaoslab() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1))
  [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
}
complete -o bashdefault -o default -F _chaoslab chaoslab`,
  zsh: `#compdef chaoslab
_chaoslab() {
  local -a open closed
  local word about
  while IFS=$'\\t' read -r word about; do
    if [[ $word == *[/=] ]]; then open+=("$word"); else closed+=("\${word//:/\\\\:}\${about:+:$about}"); fi
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#open} + \${#closed} )) || { _files; return }
  (( \${#closed} )) && _describe chaoslab closed
  (( \${#open} )) && compadd -S '' -- "\${open[@]}"
}
if [[ $funcstack[1] == _chaoslab ]]; then _chaoslab "$@"; else compdef _chaoslab chaoslab; fi`,
  fish: `function __chaoslab
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c chaoslab -f -a '(__chaoslab)'`,
}
