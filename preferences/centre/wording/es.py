"""The pages' words in Spanish; see the package."""

WORDS = {
    "channel_email": "correo electrónico",
    "channel_sms": "SMS",
    "channel_push": "notificación push",
    "channel_web_push": "notificación del navegador",
    "channel_inbox": "mensaje en la aplicación",
    "channel_slack": "Slack",
    "channel_webhook": "webhook",
    "title": "Sus notificaciones",
    "intro": "Elija qué le envía {brand} y adónde.",
    "personal": (
        "Este enlace es solo suyo: quien lo tenga puede cambiar estos ajustes. Funciona hasta "
        "el {until}."
    ),
    "news": "Lo que recibe",
    "news_none": "Todavía no hay nada que elegir.",
    "news_other": "Otras noticias",
    "news_save": "Guardar selección",
    "always": "Siempre activo: por su seguridad o porque la ley lo exige.",
    "stopped": "Ha detenido todos los mensajes por {channel}.",
    "allow": "Volver a permitirlos",
    "all_off": "Se ha dado de baja de todo",
    "all_off_text": (
        "Solo recibe los mensajes que están siempre activos. Se conserva su selección anterior."
    ),
    "undo": "Deshacer",
    "hours": "Horas de silencio y zona horaria",
    "hours_on": "No enviarme nada entre estas horas",
    "hours_note": "Los mensajes esperan hasta entonces. Los urgentes llegan igualmente.",
    "hours_from": "Desde",
    "hours_until": "Hasta",
    "zone": "Zona horaria",
    "zone_note": "Las horas siguen el reloj de esta zona.",
    "hours_save": "Guardar horas",
    "pause": "Hacer una pausa",
    "pause_text": "Durante la pausa solo recibe los mensajes que están siempre activos.",
    "pause_1": "1 día",
    "pause_7": "7 días",
    "pause_30": "30 días",
    "paused": "No se envía nada hasta el {until}, salvo los mensajes que están siempre activos.",
    "resume": "Terminar la pausa ahora",
    "places": "Dónde le localizamos",
    "places_none": "No hay ninguna dirección suya guardada.",
    "place_in_use": "en uso",
    "place_gone": "ya no funciona",
    "place_stopped": (
        "detenido por usted; envíe START al número que le escribió para permitirlo de nuevo"
    ),
    "place_blocked": "bloqueado: los mensajes fueron devueltos o marcados como correo no deseado",
    "stop": "Darse de baja de todo",
    "stop_text": "Puede deshacerlo aquí en cualquier momento.",
    "copy": "Sus datos",
    "copy_text": (
        "Un archivo con lo que se guarda sobre usted: sus ajustes, sus consentimientos y sus "
        "últimos mensajes. Las direcciones aparecen ocultas."
    ),
    "copy_link": "Descargar una copia de mis datos",
    "now_on": "Ahora recibirá {kind} por {channel}.",
    "now_off": "Ya no recibirá {kind} por {channel}.",
    "now_unchanged": "No se ha cambiado nada.",
    "now_stopped": "Se ha dado de baja de todo. Un mensaje que ya está en camino aún puede llegar.",
    "now_undone": "Vuelve a estar suscrito, como antes.",
    "now_allowed": "Ha vuelto a permitir los mensajes por {channel}.",
    "now_paused": (
        "No se envía nada hasta el {until}, salvo los mensajes que están siempre activos."
    ),
    "now_resumed": "La pausa ha terminado. Vuelve a recibir mensajes.",
    "now_quiet": "No recibe nada entre las {start} y las {end}, hora de {zone}.",
    "now_not_quiet": "No tiene horas de silencio. Su zona horaria es {zone}.",
    "wrong": "Todavía no se ha guardado nada. Corrija lo que está marcado.",
    "wrong_form": "No se ha entendido y no se ha cambiado nada. Inténtelo de nuevo.",
    "wrong_time": "Escriba una hora, por ejemplo 22:00.",
    "wrong_same": "Debe ser distinta del comienzo.",
    "wrong_zone": "Elija una zona horaria de la lista.",
    "gone": "Este enlace no funciona",
    "gone_text": (
        "Puede estar dañado, incompleto o ser demasiado antiguo. Use el enlace de un mensaje "
        "más reciente."
    ),
    "why": "¿Por qué he recibido esto?",
    "why_not": "¿Por qué no he recibido esto?",
    "why_what": "Mensaje",
    "why_when": "Cuándo",
    "why_nowhere": "ninguna dirección",
    "why_status": "Qué ocurrió",
    "why_links": "Qué puede hacer",
    "why_settings": "Cambiar lo que recibo",
    "why_unsubscribe": "Dejar de recibir {kind} por {channel}",
    "why_mandatory": (
        "{kind} se envía a todas las personas a las que afecta: por su seguridad o porque la "
        "ley lo exige."
    ),
    "why_chosen_type": "Usted eligió recibir {kind} por {channel}.",
    "why_chosen_category": "Usted eligió recibir este grupo de noticias por {channel}.",
    "why_default": "{brand} envía {kind} por {channel} mientras no lo desactive, y no lo ha hecho.",
    "why_unknown_type": "Este tipo de mensaje ya no se envía.",
    "status_waiting": "Espera a ser enviado",
    "status_sending": "Se está enviando",
    "status_sent": "Se envió",
    "status_delivered": "Se entregó",
    "status_failed": "No se pudo entregar",
    "status_skipped": "No se envió",
    "status_cancelled": "Se canceló antes de enviarlo",
    "status_expired": "No se envió: había pasado su momento",
    "status_uncertain": "Probablemente se envió; el proveedor no respondió",
    "reason_no_contact_point": "No teníamos ninguna dirección suya para esto.",
    "reason_suppressed": (
        "Su dirección está bloqueada: los mensajes fueron devueltos, marcados como no deseados, "
        "o usted pidió que paráramos."
    ),
    "reason_unsubscribed": "Se dio de baja de todo.",
    "reason_unsubscribed_channel": "Detuvo todos los mensajes por {channel}.",
    "reason_opted_out": "Eligió no recibir {kind} por {channel}.",
    "reason_not_opted_in": "No pidió {kind} por {channel}, y sin un sí no se envía.",
    "reason_paused": "Estaba haciendo una pausa de los mensajes.",
    "reason_duplicate": "Se le había enviado lo mismo poco antes.",
    "reason_over_cap": "Ya había recibido todos los mensajes que enviamos en ese tiempo.",
    "reason_in_digest": "Se incluyó en un resumen que se envía más tarde.",
    "reason_quiet_hours": "Espera a que terminen sus horas de silencio.",
    "reason_send_window": "Espera a las horas en que esto se envía.",
    "reason_legal_hours": "Espera a las horas en que la ley lo permite.",
    "reason_fallback_not_needed": "Ya se le había localizado por otra vía.",
    "reason_expired": "Había pasado su momento.",
}
