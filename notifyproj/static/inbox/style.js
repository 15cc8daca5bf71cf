/* The look of <notify-inbox>: an adopted sheet, so that a strict Content-Security-Policy holds.
 * Colours come from --notify-*, else from the page's own tokens, else they follow color-scheme. */
export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host{--i:var(--notify-ink,var(--ink,light-dark(#16191d,#eceef1)));
--s:var(--notify-ink-soft,var(--ink-soft,light-dark(#59616e,#a5adba)));
--l:var(--notify-line,var(--line,light-dark(#dfe3e8,#2d333c)));
--p:var(--notify-paper,var(--paper,light-dark(#fff,#121417)));
--q:var(--notify-paper-2,var(--paper-2,light-dark(#f5f6f8,#1b1e23)));
--a:var(--notify-accent,var(--accent,light-dark(#1c5bd0,#86b4ff)));
--o:var(--notify-on-accent,var(--on-accent,light-dark(#fff,#0b1220)));
display:inline-block;position:relative;color:var(--i);text-align:start;
font:400 14px/1.45 var(--notify-font,var(--font,system-ui,sans-serif))}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box}
button,a{font:inherit;color:inherit;background:none;border:0;padding:0;margin:0;text-align:start;
text-decoration:none;cursor:pointer}
:focus-visible{outline:2px solid var(--a);outline-offset:-2px;border-radius:8px}
.bell{position:relative;display:grid;place-items:center;width:44px;height:44px;border-radius:8px}
.bell:hover{background:var(--q)}
.count{position:absolute;top:2px;inset-inline-start:25px;min-width:18px;padding:0 5px;
border-radius:9px;background:var(--a);color:var(--o);font-size:11px;font-weight:600;
line-height:18px;text-align:center;font-variant-numeric:tabular-nums;box-shadow:0 0 0 2px var(--p)}
.panel{position:absolute;z-index:var(--notify-z,1000);top:calc(100% + 8px);inset-inline-end:0;
display:flex;flex-direction:column;width:384px;max-height:min(560px,80vh);overflow:hidden;
background:var(--p);border:1px solid var(--l);border-radius:8px;
box-shadow:0 12px 32px rgb(0 0 0/.16)}
.panel:focus{outline:0}
.head{display:flex;align-items:center;gap:16px;padding:4px 16px;min-height:52px;flex:none;
border-bottom:1px solid var(--l)}
h2{flex:1;margin:0;font-size:16px;font-weight:600}
.act{padding:4px;margin:0 -4px;color:var(--a);white-space:nowrap}
.act:hover{text-decoration:underline}
.act:disabled{color:var(--s);cursor:default;text-decoration:none}
.close{display:none}
.scroll{overflow-y:auto;overscroll-behavior:contain;flex:1}
ul{list-style:none;margin:0;padding:0}
li{position:relative;padding:12px 16px 10px 32px;border-bottom:1px solid var(--l)}
li:dir(rtl){padding:12px 32px 10px 16px}
li:last-child{border-bottom:0}
li:hover{background:var(--q)}
.open{display:block;width:100%;overflow-wrap:anywhere}
.open::after{content:"";position:absolute;inset:0}
.open:focus-visible{outline:0}
.open:focus-visible::after{outline:2px solid var(--a);outline-offset:-3px;border-radius:8px}
.title{display:block;font-weight:500}
.unread .title{font-weight:650}
.unread .open::before{content:"";position:absolute;top:19px;inset-inline-start:14px;width:8px;
height:8px;border-radius:50%;background:var(--a)}
.body{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;
color:var(--s)}
.foot{display:flex;gap:16px;align-items:center;min-height:28px;
font-size:12px;color:var(--s)}
.foot .act,time{position:relative}
.foot time{margin-inline-end:auto}
.state{padding:40px 24px;text-align:center;color:var(--s)}
.state b{display:block;margin-bottom:4px;color:var(--i);font-size:16px;font-weight:600}
.more{padding:16px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(hover:hover){li:not(:hover,:focus-within) .foot button{opacity:0}}
@media(max-width:480px){.panel{position:fixed;inset:0;width:auto;max-height:none;border:0;
border-radius:0}.close{display:inline}}
@media(prefers-reduced-motion:no-preference){.panel{animation:in .14s ease-out}
.fresh{animation:in .3s ease-out}@keyframes in{from{opacity:0;transform:translateY(-6px)}}}`);
