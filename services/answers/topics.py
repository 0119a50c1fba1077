"""Every topic that must have an answer; the folder an answer lies in is its group."""

from __future__ import annotations

from typing import Final

from services.vocabulary import TopicId


def _topics(words: str) -> frozenset[TopicId]:
    return frozenset(TopicId(word) for word in words.split())


TOPICS: Final = {
    "oro": _topics(
        """
        oro_narstaende oro_elev anmalan_hur tecken samtal_rad stod_anhoriga lamna akut_fara
        sjalvmord tips_brott propaganda hotad atervandare
        """
    ),
    "info": _topics(
        """
        vald_extremism_def tre_miljoer vit_makt autonoma islamistiska radikal_inte_brott
        okad_aktivitet forebyggande_arbete toleransprojektet samtalskompassen utbildning
        avhoppare_goteborg antal_samtal vart_vanda orostelefonen malmo_stod malmo_avhopp
        kommunens_ansvar polisens_ansvar cve nationella_samordnaren kunskapshus lagesbild sspf
        sociala_insatsgrupper trygg_i_goteborg civilsamhallet synpunkter kon_och_genus
        uppfoljning_planen mentorskap utradesprocessen lokal_handlingsplan eu_projekt
        """
    ),
    "service": _topics(
        """
        anonymitet sekretess vad_hander_sen ar_du_robot vad_sparas radera_uppgifter oppettider
        prata_med_manniska annat_sprak press klagomal hej tack hejda svammel otrevlig annat_amne
        """
    ),
}
