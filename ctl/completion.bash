# bash completion for ccctl; made by `ccctl help --completion`.

_ccctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command= options= words= i=1
    COMPREPLY=()

    # The command is the first word that is neither an option nor an option's value.
    while ((i < COMP_CWORD)); do
        case ${COMP_WORDS[i]} in
        --socket | --timeout) ((i += 1)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
        ((i += 1))
    done
    options='--socket --json --timeout --no-color --help --version'
    if [[ -z $command || $command == help ]]; then
        words='submit batch status list logs wait cancel hold release why events gpus stats health version ping admin help'
    fi
    if [[ $command == job ]] && ((COMP_CWORD == i + 1)); then
        words='submit batch status list logs wait cancel hold release why events'
    fi
    if [[ $command == host ]] && ((COMP_CWORD == i + 1)); then
        words='gpus stats health version ping'
    fi
    if [[ $command == admin ]] && ((COMP_CWORD == i + 1)); then
        words='hello drain resume'
    fi
    case "$command ${COMP_WORDS[i + 1]-}" in
    'submit '* | 'job submit')
        options+=' --name --class --gpus --gpu --vram --exclusive --priority --cpus --memory --time-limit --key --hold --env --cwd --stdin --tag --property --clean-env --wait --follow'
        [[ $previous == --class ]] && words='training inference cpu'
        ;;
    'batch '* | 'job batch')
        options+=' --batch-size --delay --retries --retry-delay'
        ;;
    'list '* | 'job list')
        options+=' --state --user --tag --limit --before'
        [[ $previous == --state ]] && words='held queued starting running retrying succeeded failed cancelled timed-out lost'
        ;;
    'logs '* | 'job logs')
        options+=' --attempt --follow --tail'
        ;;
    'wait '* | 'job wait')
        options+=' --any'
        ;;
    'cancel '* | 'job cancel')
        options+=' --reason'
        ;;
    'events '* | 'job events')
        options+=' --since --job'
        ;;
    'admin hello')
        options+=' --protocol'
        ;;
    esac

    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
}

# Files where nothing of ours fits: bash itself knows how to quote their names.
complete -o bashdefault -o default -F _ccctl ccctl
