" Specs of flare services.
if exists("b:current_syntax")
    finish
endif
syntax match flareComment "//.*$" contains=@Spell
syntax match flareDoc "///\%(/\)\@!.*$" contains=@Spell
syntax match flareEscape contained "\\\%(u{\x\{1,6}}\|.\)"
syntax region flareString start=+"+ end=+"\|$+ contains=flareEscape
syntax match flareKeyword "\%(^\|[;{}]\)\@<=\s*\%(flare\|service\|library\|import\|enum\|type\|union\|session\|state\|error\|guard\|group\|limits\|use\|path\|query\|header\|cookie\|trailer\|body\|reply\|receive\|send\|gives\)\>\%(\s*[:;]\|-\)\@!"
syntax match flareMethod "\%(^\|[;{}]\)\@<=\s*[A-Z]\+\%(-[A-Z]\+\)*\ze\s\+/" nextgroup=flarePath skipwhite
syntax match flarePath contained "/\%({[A-Za-z0-9_-]\+}\|[^ \t;{}]\)*"
syntax match flarePattern "[(,]\@1<=\s*/\%([/*]\)\@!\%(\\.\|\[\%(\\.\|[^]\\]\)*\]\|[^/\\[]\)\+/"
syntax match flareNumber "\<-\?\d[0-9_]*\%(\.\d[0-9_]*\|[KMG]iB\|B\|ms\|[smhd]\)\?\>"
syntax keyword flareType bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 string bytes uuid date datetime email url uri ipv4 ipv6 json file bearer etag basic
highlight default link flareComment Comment
highlight default link flareDoc SpecialComment
highlight default link flareEscape SpecialChar
highlight default link flareString String
highlight default link flareKeyword Keyword
highlight default link flareMethod Statement
highlight default link flarePath Identifier
highlight default link flarePattern String
highlight default link flareNumber Number
highlight default link flareType Type
let b:current_syntax = "flare"
